"""How a cleared model begins to decide: in steps, held against the champion, stopped by harm."""
