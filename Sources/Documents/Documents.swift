// Documents: from bytes that somebody sent to a checked row of columns. It stores nothing, and knows nothing of clients, files or HTTP.
//
// The way of a document: Reading/DocumentReader.swift (the call; which type is it?) ► JSON/, XML/, Sources/ (bytes to a tree; hostile input ends
// here) ► Validation/ and the rules in Extraction/ (is it right?) ► Extraction/Extractor.swift (by a plan of Plans/: identity, times, columns) ► RowWriter (a row of bytes).
//
// Floors, lowest first. A folder names only what stands before it in this list:
//   Model: what is wrong with a document, and what looking at it may cost
//   Values: decimals, times, zones and texts, as documents write them
//   JSON, XML: bytes to a tape, or to a tree without anything from outside
//   Sources: paths into JSON, XML and CSV, as one interface
//   Types: the type file, the kinds of tables that types may have (Types/TableKind.swift), and how a row of its columns lies
//   Records: files of any length, cut into records
//   Validation: JSON Schema and XSD
//   Plans: where a type finds what it takes: its paths and columns compiled, and who reads what is sensitive
//   Extraction: a type compiled: its plan and its rules, and what carries them out
//   Reading: whole bodies: recognition, receipts in them, built-in types
