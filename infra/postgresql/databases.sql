-- Read once, when the database server first starts: one database a tool. The control database,
-- `tidegate`, is the server's own default.
CREATE DATABASE prefect;
CREATE DATABASE mlflow;
