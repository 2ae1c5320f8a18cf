// Query: SQL text to plan to batches to bytes, over anything that is a TableSource. It knows nothing of SQLite or HTTP.
//
// The way of a query: Syntax/ (text to tree) ► Binding/ (names and types) ► Planning/ (LogicalPlan and its rewrites) ► Execution/ (operators
// over morsels) with Kernels/ (loops over columns) ► Results/ (JSON, NDJSON, CSV, Parquet, table; cursors).
//
// Floors, lowest first. A folder names only what stands before it in this list:
//   Syntax: text to tree
//   Kernels: loops over columns
//   Planning: LogicalPlan and its rewrites
//   Binding: names and types
//   Sources: tables
//   Execution/{Grouping, Aggregation, Joining, Operators}, Execution: operators over morsels
//   Results: rows to bytes
