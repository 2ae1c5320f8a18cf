/// How a type's records lie in files.
///
/// All that an upload needs to know of a type to cut a file into records; taken once, when the upload's file is opened.
package struct RecordFacts: Sendable {
    package let format: TypeFile.Format
    /// Of CSV.
    package let delimiter: UInt8
    /// Names that a CSV header may have; nil for any.
    ///
    /// Nil where the type ignores extra columns.
    package let columns: Set<[UInt8]>?
    /// Where a file is an envelope that can be read in one pass.
    package let envelope: RecordEnvelope?
    /// The path to the records of a file that is an envelope, and is to be read as one document.
    package let wholeEach: String?
    /// How far from a record its paths go.
    package let reach: EnvelopeReach

    package init(_ type: DocumentType) {
        format = type.format
        delimiter = type.file.delimiter
        columns = type.file.ignoresExtraColumns ? nil : Set(type.csvPaths.map { Array($0.utf8) })
        envelope = RecordEnvelope(type.file)
        wholeEach = envelope == nil && type.format == .xml ? type.file.each?.path.text : nil
        reach = EnvelopeReach.of(type.file)
    }
}
