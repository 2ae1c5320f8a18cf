// Query: SQL text to plan to batches to bytes, over anything that is a TableSource. It knows nothing of SQLite, documents or HTTP.
//
// The way of a query is the way up this list.
//
// Floors, lowest first. A folder names only what stands before it in this list:
//   Bounds, Sources: errors, limits of the text, memory, planning's work, cancelling; what a table is to a query, and tables of memory and Parquet
//   Syntax/{Tokens}, Syntax: text to words, and words to a tree with positions
//   Kernels/Access, Kernels, Types/Values, Types, Information: what a column holds, row by row; loops over columns that many share; one value from its text and back; rules of types, casts of columns, rows as text; what information_schema says of a catalog
//   Algebra, Algebra/Inspection: Expression and LogicalPlan, what defines a function, their walks; what is said of a plan: EXPLAIN, its size, what is wrong with it
//   Functions/{Calls, Languages, Text, Notations, Backtracking, Patterns, Number, Time, Templates, List, JSON, Paths, Operators, Rows}: one SQL function after another, its definition beside its kernel
//   Evaluation, Binding: an expression run over a batch; names and exact types, and the list of all functions (Binding/FunctionRegistry.swift)
//   Optimizer/{Scans, Subqueries}, Optimizer: what reaches a scan; subqueries made joins; passes from plan to plan, in the order of the list in Optimizer/Optimizer.swift
//   Rollups: answers from sums that were made before
//   Execution/{Spilling, Hashing, Scheduling, Operators, Sorting, Aggregation, Windows, Joining}, Execution: operators over morsels; the engine that all queries share
//   Results: an encoder for each format of answers (which formats callers may ask for says Server, Queries/SQLForm.swift), workbooks, tables; walks by cursor
