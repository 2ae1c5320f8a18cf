// Query: SQL text to plan to batches to bytes, over anything that is a TableSource. It knows nothing of SQLite, documents or HTTP.
//
// The way of a query is the way up this list; a folder names only folders above it (a test reads them here):
//   Bounds                    errors, limits of the text, memory, planning's work, cancelling
//   Sources                   what a table is to a query, and tables of memory and Parquet
//   Syntax                    text to a tree with positions
//   Kernels                   loops over columns that many share; a worker's meter
//   Types                     rules of types, casts, values as text
//   Algebra                   Expression and LogicalPlan, their walks, checks and EXPLAIN
//   Functions/Text, Functions/Number, Functions/Time, Functions/List    one SQL function after another
//   Evaluation                an expression run over a batch
//   Binding                   names and exact types
//   Optimizer                 passes from plan to plan
//   Execution/Spilling, Execution/Hashing, Execution/Scheduling, Execution/Operators, Execution/Sorting, Execution/Aggregation,
//   Execution/Windows, Execution/Joining, Execution    operators over morsels
//   Results                   JSON, NDJSON, CSV, Parquet, tables; walks by cursor
