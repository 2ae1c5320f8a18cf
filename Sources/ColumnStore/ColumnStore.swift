// ColumnStore: values and column batches, Parquet files, one Iceberg table, object storage.
// It knows nothing of documents, SQL or HTTP, and could stand as a library of its own.
//
// Read Values/ColumnType.swift (what a column may hold), Batches/Column.swift (how it lies in memory), then follow a scan:
// Iceberg/ (which files) ► Parquet/ (which row groups and pages) ► Pages/ and Encodings/ (bytes to values) ► Batches/.
//
// Floors, lowest first. A folder names only what stands before it in this list:
//   Values: what a column may hold
//   Batches: columns in memory
//   Threads: monitors, workers, the clock
//   JSON: text of metadata
//   Storage: objects and files
//   Encodings: bytes of a page to values, and back
//   Pages: headers, compression, levels
//   Parquet: files
//   Iceberg: the table of many files
