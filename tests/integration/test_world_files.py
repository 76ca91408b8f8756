"""The world as files: whole, the same each time, recognised, and repaired where damaged."""

import hashlib
import json

import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

import benchmarks.world as benchmark
from credit_limits.domain.errors import InputError
from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.world import TABLE_NAMES, simulate_tables
from tidegate.operations.generate_world import (
    MANIFEST,
    GenerateWorldRequest,
    generate_world,
)


def request(out, **changes):
    return GenerateWorldRequest(**{"customers": 120, "months": 5, "seed": 4, "out": out, **changes})


def digests(folder):
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.glob("*.parquet")
    }


def test_every_table_is_a_file_that_holds_what_was_simulated(tmp_path):
    outcome = generate_world(request(tmp_path / "new" / "world"))
    tables = simulate_tables(WorldParameters(customers=120, months=5, seed=4))
    assert outcome.rows == {name: table.num_rows for name, table in tables.items()}
    for name, table in tables.items():
        assert pq.read_table(tmp_path / "new" / "world" / f"{name}.parquet").equals(table)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    for name, seed in (("one", 4), ("two", 4), ("three", 5)):
        generate_world(request(tmp_path / name, seed=seed))
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    other = digests(tmp_path / "three")
    assert all(other[file] != digest for file, digest in digests(tmp_path / "one").items())


def test_only_the_tables_and_the_manifest_are_left(tmp_path):
    outcome = generate_world(request(tmp_path))
    expected = {f"{name}.parquet" for name in outcome.rows} | {MANIFEST}
    assert {file.name for file in tmp_path.iterdir()} == expected


def test_the_files_are_compressed_with_zstd(tmp_path):
    generate_world(request(tmp_path))
    column = pq.ParquetFile(tmp_path / "statements.parquet").metadata.row_group(0).column(0)
    assert column.compression == "ZSTD"


def test_the_same_request_again_is_recognised_and_writes_nothing(tmp_path):
    first = generate_world(request(tmp_path))
    times = {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    again = generate_world(request(tmp_path))
    assert (first.recognised, again.recognised) == (False, True)
    assert again.rows == first.rows
    assert {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == times


@pytest.mark.parametrize("changes", [{"seed": 5}, {"months": 6}, {"customers": 121}])
def test_another_world_replaces_it(tmp_path, changes):
    generate_world(request(tmp_path))
    before = digests(tmp_path)
    assert not generate_world(request(tmp_path, **changes)).recognised
    assert digests(tmp_path) != before


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "accounts.parquet").unlink(),
        lambda folder: (folder / "macro.parquet").write_bytes(b"torn"),
        lambda folder: (folder / MANIFEST).unlink(),
        lambda folder: (folder / MANIFEST).write_text("{"),
        lambda folder: (folder / MANIFEST).write_text("[]"),
        lambda folder: (folder / MANIFEST).write_text('{"model_version": 0}'),
    ],
)
def test_a_damaged_world_is_made_again(tmp_path, damage):
    generate_world(request(tmp_path))
    before = digests(tmp_path)
    damage(tmp_path)
    assert not generate_world(request(tmp_path)).recognised
    assert digests(tmp_path) == before


def test_what_a_killed_run_left_does_no_harm(tmp_path):
    (tmp_path / ".statements.parquet.partial").write_bytes(b"half a file")
    (tmp_path / "transactions.parquet").write_bytes(b"from another world")
    generate_world(request(tmp_path))
    generate_world(request(tmp_path / "fresh"))
    assert digests(tmp_path) == digests(tmp_path / "fresh")
    assert not list(tmp_path.glob("*.partial"))


def test_a_table_that_this_world_does_not_have_is_not_left_from_another(tmp_path):
    generate_world(request(tmp_path, customers=400, months=9))
    tiny = generate_world(request(tmp_path, customers=1, months=1, seed=0))
    assert {file.stem for file in tmp_path.glob("*.parquet")} == set(tiny.rows) < set(TABLE_NAMES)


def test_the_manifest_names_the_parameters_and_every_files_digest(tmp_path):
    generate_world(request(tmp_path))
    manifest = json.loads((tmp_path / MANIFEST).read_text())
    assert manifest["parameters"]["customers"] == 120
    assert manifest["parameters"]["start"] == "2023-01-01"
    found = {f"{name}.parquet": table["sha256"] for name, table in manifest["tables"].items()}
    assert found == digests(tmp_path)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(InputError, match="name a folder"):
        generate_world(request(tmp_path / "taken"))


@pytest.mark.parametrize("changes", [{"customers": 0}, {"months": 601}, {"seed": -1}])
def test_a_request_out_of_range_is_refused(tmp_path, changes):
    with pytest.raises(ValidationError):
        request(tmp_path, **changes)


def test_the_form_describes_every_field():
    assert all(field.description for field in GenerateWorldRequest.model_fields.values())


def test_the_benchmark_prints_its_figures_as_json(capsys):
    assert benchmark.main(["--customers", "80", "--months", "3", "--json"]) == 0
    (measured,) = json.loads(capsys.readouterr().out)["sizes"]
    assert measured["rows"] > measured["statements"] > 80
    assert 80 < measured["accounts"] < 160
    assert measured["generate_seconds"] > 0
    assert measured["generate_cpu_seconds"] > 0
    assert measured["peak_mb"] > 10


def test_the_benchmark_compares_sizes():
    assert benchmark.cost_ratio([measured(10, 12.0), measured(1, 1.0)]) == pytest.approx(1.2)


def test_the_benchmark_prints_a_line_a_size_and_the_ratio(capsys, monkeypatch):
    by_size = {7_400: measured(1, 1.0), 74_000: measured(10, 12.0), 740_000: measured(100, 110.0)}
    monkeypatch.setattr(benchmark, "measure_apart", lambda size, *_: by_size[size])
    assert benchmark.main(["--full"]) == 0
    *sizes, last = capsys.readouterr().out.splitlines()[1:]
    assert [line.split()[0] for line in sizes] == ["13", "130", "1,300"]
    assert "1.10 times" in last


def measured(times, cpu):
    """A measured size, ``times`` that of ten customers."""
    return benchmark.Measured(
        customers=10 * times,
        accounts=13 * times,
        months=2,
        rows=100 * times,
        statements=20 * times,
        simulate_seconds=0.5 * times,
        generate_seconds=2.0 * times,
        simulate_cpu_seconds=0.5 * times,
        generate_cpu_seconds=cpu,
        peak_mb=1.0,
        file_mb=1.0,
    )
