// ColumnStore: values and column batches, Parquet files, one Iceberg table, object storage.
// It knows nothing of documents, SQL or HTTP, and could stand as a library of its own.
//
// Read Values/ColumnType.swift (what a column may hold), Batches/Column.swift (how it lies in memory), then follow a scan:
// Iceberg/ (which files) ► Parquet/Scanning/ (which row groups and pages) ► Parquet/Reading/ and Encodings/ (bytes to values) ► Batches/.
//
// Floors, lowest first. A folder names only what stands before it in this list:
//   Values, Batches: what a column may hold, and what can be wrong with it; columns in memory, and what is asked of them
//   Resources: memory, threads, the clock, and the log of what a store does by itself
//   JSON: text of metadata
//   Transfers: calls of this program over HTTP, and which addresses they may reach
//   Storage, Compression: what a storage of objects is, bytes and their digests, proofs for removals, calls of the file system; codecs, checksums, dictionaries of codecs
//   Storage/{Cache, Kinds, Local}: ranges of objects that lie on this machine, too; what each kind of storage is asked; the kind in a directory
//   S3/{Signing, Credentials, Client, Objects}: the kind in a bucket: signatures, the keys for them, requests sent until there is an answer, objects
//   Encodings/{Bits, Decoders, Encoders}: bytes of a page to values, and back: an encoding is a decoder, an encoder and its case in Encoders/ValueEncoding.swift
//   Parquet/{Format, Reading, Pruning, Scanning, Writing}: the file's structs; its leaves, decoded; what need not be read; rows that pass; new files
//   Iceberg/{Avro, Manifests, Table}: the table of many files
