//! Compressed files, streams, and stored column types.

use std::fs;

use polars_arrow::io::ipc::write::{StreamWriter, WriteOptions};

use super::{
    super::{
        pass::{Beginning, Pass, Sampling},
        source::Source,
    },
    *,
};
use crate::{
    engine::{export, fields},
    summary::{
        Column as Sampled, Kind, Table,
        reservoir::{Keep, Reservoir},
    },
};

#[test]
fn a_part_of_each_row_group_spans_the_file() {
    let folder = folder();
    write(&folder.path().join("log.parquet"), &log());
    let case = case(folder.path(), "log.parquet", "log.parquet");
    let source = Source::open(&case, "log.parquet").expect("just written");
    let (fields, columns) = fields::of_training(&case, &source.columns, &mut Vec::new());
    let slots: Vec<_> = fields.iter().map(|field| field.slot).collect();
    let read = |sampling| {
        let pass = Pass {
            source: &source,
            fields: &source.as_written(&fields),
            role: SnapshotRole::Training,
            sampling,
            threads: 2,
            clock: false,
            log: None,
            control: &PassControl::default(),
            beginning: Beginning::default(),
        };
        let done = pass.run(|| (None, Reservoir::new(Keep::All, slots.clone())), None).expect("readable");
        (done.rows, done.reservoir.finish(done.rows, columns.len(), &[]).table)
    };
    let (_, all) = read(Sampling::All);
    // The writer makes four groups of 750 rows; a fifth of each is read, from the first rows on to the last ones.
    let (rows, part) = read(Sampling::About(600));
    let want: Vec<usize> = (0..4).flat_map(|group| 950 * group..950 * group + 150).collect();
    assert_eq!(rows, 600);
    let want = all.take(&want);
    // Levels are numbered as they are met.
    let numbers = |table: &Table| -> Vec<Vec<f64>> {
        table.features.iter().filter_map(|column| Some(column.numbers()?.to_vec())).collect()
    };
    let (got, want) = (numbers(&part), numbers(&want));
    assert_eq!(got.len(), want.len());
    for (at, (got, want)) in got.iter().zip(&want).enumerate() {
        let differs = |row: &usize| {
            got[*row].total_cmp(&want[*row]).is_ne() && !(got[*row].is_nan() && want[*row].is_nan())
        };
        let first = (0..want.len()).find(differs);
        assert!(first.is_none(), "column {at}: {:?}", first.map(|row| (row, got[row], want[row])));
    }
}

#[test]
fn compressed_text_is_unpacked() {
    let folder = folder();
    let frame = log();
    write(&folder.path().join("log.csv"), &frame);
    let plain = fs::read(folder.path().join("log.csv")).expect("just written");
    // Gzip with stored blocks, so that the test needs no compressor.
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    for (index, block) in plain.chunks(60_000).enumerate() {
        let last = (index + 1) * 60_000 >= plain.len();
        let length = block.len() as u16;
        packed.push(u8::from(last));
        packed.extend(length.to_le_bytes());
        packed.extend((!length).to_le_bytes());
        packed.extend(block);
    }
    let checksum = plain.iter().fold(!0_u32, |crc, &byte| {
        (0..8).fold(
            crc ^ u32::from(byte),
            |crc, _| {
                if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 }
            },
        )
    });
    packed.extend((!checksum).to_le_bytes());
    packed.extend((plain.len() as u32).to_le_bytes());
    fs::write(folder.path().join("log.csv.gz"), &packed).expect("a writable folder");
    let want = reading(&case(folder.path(), "log.csv", "log.csv"));
    let got = reading(&case(folder.path(), "log.csv", "log.csv.gz"));
    assert_same(&got.production, &want.production, "gzip");
    fs::write(folder.path().join("log.csv.gz"), &packed[..packed.len() / 2]).expect("a writable folder");
    let cut = error(&case(folder.path(), "log.csv", "log.csv.gz"));
    assert!(matches!(cut, EngineError::Damaged { .. }), "{cut:?}");
    // Zstandard (RFC 8878) with raw blocks: magic, no flags, a window of 1 MB, then blocks of size, kind and bytes.
    let mut packed = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 10 << 3];
    for (index, block) in plain.chunks(60_000).enumerate() {
        let last = (index + 1) * 60_000 >= plain.len();
        let header = u32::from(last) | (block.len() as u32) << 3;
        packed.extend(&header.to_le_bytes()[..3]);
        packed.extend(block);
    }
    fs::write(folder.path().join("log.csv.zst"), &packed).expect("a writable folder");
    let got = reading(&case(folder.path(), "log.csv", "log.csv.zst"));
    assert_same(&got.production, &want.production, "zstd");
    fs::write(folder.path().join("log.csv.zst"), &packed[..packed.len() / 2]).expect("a writable folder");
    let cut = error(&case(folder.path(), "log.csv", "log.csv.zst"));
    assert!(matches!(cut, EngineError::Damaged { .. }), "{cut:?}");
}

#[test]
fn stored_types_do_not_matter() {
    let folder = folder();
    write(&folder.path().join("log.parquet"), &log());
    let want = reading(&case(folder.path(), "log.parquet", "log.parquet"));
    let seconds = |frame: &mut DataFrame| {
        let ticks = frame.column("ts").expect("there").cast(&DataType::Int64).expect("whole");
        frame.replace("ts", ticks / 1_000_000).expect("replaced");
    };
    let zoned = DataType::Datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC));
    let cities = FrozenCategories::new(CITIES).expect("different names");
    let types: [(&str, DataType); 17] = [
        ("count", DataType::Int8),
        ("count", DataType::Int16),
        ("count", DataType::Int32),
        ("count", DataType::UInt8),
        ("count", DataType::UInt16),
        ("count", DataType::UInt32),
        ("count", DataType::UInt64),
        ("count", DataType::Float32),
        ("count", DataType::Float64),
        ("count", DataType::Decimal(12, 2)),
        ("count", DataType::String),
        ("flag", DataType::String),
        ("label", DataType::Float64),
        ("prediction", DataType::Boolean),
        ("city", DataType::from_categories(Categories::global())),
        ("city", DataType::from_frozen_categories(cities)),
        ("ts", zoned),
    ];
    for (name, dtype) in types {
        let mut frame = log();
        let stored = frame.column(name).expect("there").cast(&dtype).expect("castable");
        frame.replace(name, stored).expect("replaced");
        write(&folder.path().join("typed.parquet"), &frame);
        let got = reading(&case(folder.path(), "log.parquet", "typed.parquet"));
        assert_same(
            &comparable(got.production),
            &comparable(want.production.clone()),
            &format!("{name} as {dtype:?}"),
        );
    }
    let mut frame = log();
    seconds(&mut frame);
    write(&folder.path().join("typed.parquet"), &frame);
    let got = reading(&case(folder.path(), "log.parquet", "typed.parquet"));
    assert_same(&comparable(got.production), &comparable(want.production), "seconds");
}

#[test]
fn streams_are_read_batch_by_batch() {
    let folder = folder();
    let frame = log();
    write(&folder.path().join("log.arrow"), &frame);
    let file = fs::File::create(folder.path().join("stream.arrow")).expect("a writable folder");
    let mut writer = StreamWriter::new(file, WriteOptions { compression: None });
    for (index, from) in (0..ROWS).step_by(1200).enumerate() {
        let part = frame.slice(from, 1200);
        for batch in part.iter_chunks(CompatLevel::oldest(), false) {
            if index == 0 {
                writer.start(batch.schema(), None).expect("written");
            }
            writer.write(&batch, None).expect("written");
        }
    }
    writer.finish().expect("written");
    let want = reading(&case(folder.path(), "log.arrow", "log.arrow"));
    let got = reading(&case(folder.path(), "log.arrow", "stream.arrow"));
    assert_same(&comparable(got.production), &comparable(want.production), "a stream");
}

#[test]
fn dates_are_times_and_numbers() {
    let folder = folder();
    let days: Vec<i32> = (0..ROWS).map(|i| 20_000 + (i / 100) as i32).collect();
    let dates = Series::new("ts".into(), days).cast(&DataType::Date).expect("days become dates");
    let mut frame = log();
    frame.replace("ts", dates.clone().into_column()).expect("replaced");
    frame.replace("count", dates.into_column()).expect("replaced");
    write(&folder.path().join("log.parquet"), &frame);
    write(&folder.path().join("log.csv"), &frame);
    for name in ["log.parquet", "log.csv"] {
        let got = reading(&case(folder.path(), "log.parquet", name));
        let day = 86_400_000_000;
        let times = &got.production.sample.time;
        assert_eq!((times[0], times[2999]), (20_000 * day, 20_029 * day), "{name}");
        let grid = got.production.grid.expect("it has a clock");
        let occupied = got.production.windows.iter().filter(|w| w.rows > 0);
        assert_eq!(occupied.map(|w| w.rows).collect::<Vec<_>>(), [100; 30], "{name}");
        assert_eq!(grid.start, 20_000 * day, "{name}");
    }
    let got = reading(&case(folder.path(), "log.parquet", "log.parquet"));
    let count = got.plan.features.iter().position(|f| f.name == "count").expect("a feature");
    let moments = got.production.features[count].moments_of(|_| true);
    assert_eq!((moments.min, moments.max), (20_000.0 * 86_400.0, 20_029.0 * 86_400.0));
}

#[test]
fn vectors_are_sampled_and_their_gaps_counted() {
    let folder = folder();
    let vector = |i: i64| Series::new("".into(), [i as f32, 0.5, -(i as f32)]);
    let vectors: Vec<Option<Series>> = (0..ROWS).map(|i| (i % 10 != 0).then(|| vector(i))).collect();
    let vectors = Series::new("embedding".into(), vectors).into_column();
    let frame = log().hstack(&[vectors]).expect("one length");
    for name in ["log.parquet", "log.arrow", "log.ndjson"] {
        write(&folder.path().join(name), &frame);
        let got = reading(&case(folder.path(), "log.parquet", name));
        let at = got.plan.features.iter().position(|f| f.kind == Kind::Embedding).expect("an embedding");
        let gaps = got.production.features[at].sum(|_| true);
        assert_eq!(gaps.last(), Some(&300), "{name}");
        let Sampled::Embedding { width: 3, values } = &got.production.sample.features[at] else {
            panic!("{name}: {:?}", got.plan.features[at]);
        };
        assert_eq!(values[3 * 77..3 * 78], [77.0, 0.5, -77.0], "{name}");
        assert!(got.production.sample.features[at].is_missing(80), "{name}");
    }
}

#[test]
fn exported_rows_read_the_same() {
    let folder = folder();
    write(&folder.path().join("log.parquet"), &log());
    let mut case = case(folder.path(), "log.parquet", "log.parquet");
    case.columns.id = None;
    let want = reading(&case);
    let columns = export::of_table(&case, &want.plan, &want.production.sample);
    for name in ["rows.parquet", "rows.csv"] {
        export::write(&folder.path().join(name), &columns).expect("a writable folder");
        case.snapshots.production = name.to_owned();
        let got = reading(&case);
        // Ids are not exported. In the original log they are a column without a role.
        assert_same(
            &comparable(got.production.clone()).features,
            &comparable(want.production.clone()).features,
            name,
        );
        assert_same(
            &comparable(got.production.clone()).windows,
            &comparable(want.production.clone()).windows,
            name,
        );
        assert_eq!(got.production.sample.time, want.production.sample.time, "{name}");
    }
    // A file can't be a folder.
    std::fs::write(folder.path().join("plain"), "a file").unwrap();
    let nowhere = export::write(&folder.path().join("plain/rows.csv"), &columns);
    assert!(matches!(nowhere, Err(EngineError::Unwritable { .. })));
}

#[test]
fn folders_of_partitions_are_columns() {
    let folder = folder();
    let whole = log();
    let regions = ["north", "south", "east"];
    for (at, region) in regions.iter().enumerate() {
        let part = folder.path().join(format!("log/region={region}/month={}", at + 1));
        fs::create_dir_all(&part).expect("a writable folder");
        let ending = ["parquet", "csv", "ndjson"][at];
        write(&part.join(format!("part.{ending}")), &whole.slice(at as i64 * 1000, 1000));
    }
    let got = reading(&case(folder.path(), "log", "log"));
    let feature = |name: &str| got.plan.features.iter().position(|f| f.name == name).expect("a feature");
    assert_eq!(got.plan.features[feature("region")].known_levels, 3);
    assert_eq!(got.plan.features[feature("month")].kind, Kind::Numeric);
    let months = got.production.sample.features[feature("month")].numbers().expect("numbers");
    assert_eq!((months[0], months[1500], months[2999]), (1.0, 2.0, 3.0));
    let counted = got.production.features[feature("region")].sum(|_| true);
    assert_eq!(counted[..3], [1000, 1000, 1000]);
}
