// Ingest: the engine, with no HTTP server in it. From a checked document to a durable row, and on to a cold one.
//
// The way of a receipt: Engine/Engine+Take.swift (the call) ► Documents (what is it, and is it right?) ► Writing/HotWriter.swift (group commit,
// once) ► Registration/ (who else must accept it) ► Compaction/ (Parquet, one Iceberg table). The way back:
// Reading/StoreReader+Lookup.swift, StoreReader+Pages.swift and StoreCatalog.swift over Tiers/TieredTable.swift, hot and cold as one.
//
// Floors, lowest first. A folder names only what stands before it in this list:
//   Model: identities, principals, contracts, receipts, and what calls take and give
//   Process: plans, states and clocks of what must happen to a row after it was stored
//   SQLite: one connection, its file system
//   Directory: the store's directory and what proves that its files belong together
//   Catalog: what must outlive a file
//   Versions: which version of a document is the newest, and what came after each
//   Cold: one cold table, and files for it
//   Rollups: sums that are made with cold files
//   Hot: day files: rows, their columns in memory, their processes
//   Tiers: hot and cold as one state, to be read
//   Usage: what clients have used
//   Writing: the one writer, and what works behind its back
//   Compaction: from hot to cold, and merging
//   Rebuilding: columns filled for what came before them
//   Registration: who else must accept a receipt
//   Queues: messages that wait for workers, in a file of their own
//   Topics: events, and who is told of them
//   Executions: state machines, what runs of them, and what that waits for
//   Verification: proof of every file
//   Backup: copies of a whole store, and a catalog made anew
//   Log: every commit in its order, kept where no machine's end reaches it
//   Restoring: stores made of a log again, of any instant
//   Replication: commits on their way to the other machine of a pair, and its copy of the store
//   Archive: the records of a pair, kept for a day and more at its log's place, and stores made of them again
//   Exports: answers that leave as files, where those lie, and links
//   Intake: a document on its way in
//   Uploads: files of records that come whole
//   Roles: what a door may hold of the store, a protocol each
//   Reading: answers to reads, of the store that leads or of a standby's copy
//   Engine: the store, in each of its roles
//   Import: many documents past the hot tier
