// Ingest: the engine, with no HTTP server in it. From a checked document to a durable row, and on to a cold one.
//
// The way of a receipt: Engine/Engine+Intake.swift (the call) ► Documents (what is it, and is it right?) ► Writing/HotWriter.swift (group commit,
// once) ► Registration/ (who else must accept it) ► Compaction/ (Parquet, one Iceberg table). The way back:
// Reading/StoreReader+Lookup.swift, StoreReader+Pages.swift and StoreCatalog.swift over Tiers/Tables/TieredTable.swift, hot and cold as one.
//
// Floors, lowest first. A folder names only what stands before it in this list:
//   Model, Process: identities, principals, contracts, receipts, what calls take and give; plans, states and clocks of what must happen to a row after it was stored
//   SQLite, Directory/Names, Directory, Catalog/Schema, Catalog: one connection, its file system; names and marks of a store's files; its directory, the storages of its cold tables, and what proves that its files belong together; tables of the catalog, and columns of all others; what must outlive a file
//   Versions, Cold, Rollups: which version of a document is the newest; one cold table, files for it, and sums that are made with them
//   Hot/Rows, Hot, Tiers, Tiers/Tables, Usage: a row, and columns of many in memory; day files: their rows, and those rows' processes; hot and cold as one state; the tables of it, to be read; what clients have used
//   Writing, Compaction/Files, Compaction, Rebuilding: the one writer, and what works behind its back; new cold files of a day or of several files; which of them move and merge when; columns filled for what came before them
//   Registration, Queues/Core, Queues, Topics, Executions/Core, Executions: who else must accept a receipt; messages that wait for workers, as rows of one file, and as doors hold them; events and their subscribers; executions of state machines, as rows of one file, and what runs of them (their tasks are carried out by Server, Executions/TaskExecutors.swift)
//   Verification, Backup: proof of every file; copies of a whole store, and a catalog made anew
//   Log/Format, Log, Restoring, Replication, Archive: a log's records, segments and notes as bytes; every commit in its order, where no machine's end reaches it; stores made of it again; its way to the other machine of a pair; a pair's records, kept
//   Exports, Intake, Uploads: answers that leave as files, and links; a document on its way in; files of records that come whole
//   Roles/Administration, Roles, Reading, Reading/Copies, Engine, Import: what a door may hold of the store, a protocol each, those of an administrator first; answers to reads; the same of a store that nobody serves and of a standby's copy; the store, in each of its roles; many documents past the hot tier
