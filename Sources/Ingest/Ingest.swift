// Ingest: the engine, with no HTTP server in it. From the bytes that a client posted to a durable row, and on to a cold one.
//
// The way of a document: Engine+Take.swift (the call) ► Types/Recognition.swift (which type is it?) ► Documents/ (bytes to a tree; hostile input
// ends here) ► Validation/ (schema and rules) ► Types/Extractor.swift (columns) ► HotTier/HotWriter.swift (group commit, once) ►
// Registration/ (who else must accept it) ► Compaction/ (Parquet, one Iceberg table) ► Catalog/ (what must outlive a file).
// The way back: Engine+Lookup.swift, Engine+Pages.swift and Engine+Queries.swift over Compaction/TieredTable.swift, hot and cold as one.
//
// Floors, lowest first. A folder names only what stands before it in this list:
//   SQLite: one connection, its file system
//   Documents: bytes to a tree
//   Types: what a document must be, and its columns
//   Validation: schema and rules
//   Catalog: what must outlive a file
//   HotTier: day files
//   Compaction: cold files
//   Registration: who else must accept a receipt
//   Intake, Import: ways in
//   Recovery, Backup, Verification: care of a whole store
