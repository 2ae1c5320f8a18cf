internal import Documents
import Glibc
internal import Ingest

/// Shows what a type makes of documents, without a store.
enum TypeCheckCommand: Command {
    static let name = "type check"
    static let summary = "Shows what a type file makes of documents."
    static let usage = ["FILE DOCUMENT…"]
    static let options: [Arguments.Option] = []

    private static let documentByteCountMax = 64 << 20
    static let typeByteCountMax = 16 << 20

    static var outcomes: Outcomes { Outcomes(done: "every document fits the type", failed: "a document has errors, or could not be read") }

    static func run(_ arguments: Arguments) throws -> Int32 {
        guard let file = arguments.operands.first else { throw UsageError("a type file is wanted") }
        let documents = arguments.operands.dropFirst()
        guard !documents.isEmpty else { throw UsageError("a document is wanted") }
        let checker: TypeChecker
        do {
            let type = try DocumentType(json: try FileBytes.read(file, byteCountMax: typeByteCountMax), files: try schemas(beside: file))
            checker = try TypeChecker(type: type, now: CalendarText.now)
        } catch let error as TypeFileError {
            throw CommandError("\(file) is no type:" + ErrorText.reasons(error.reasons))
        }
        var hasErrors = false
        for document in documents {
            let bytes = try FileBytes.read(document, byteCountMax: documentByteCountMax)
            let isLines = document.hasSuffix(".ndjson") || document.hasSuffix(".jsonl")
            let result = checker.check(file: document, bytes, as: isLines ? .ndjson : .document)
            for line in result.lines { Terminal.write(line + "\n") }
            hasErrors = hasErrors || result.hasErrors
        }
        return hasErrors ? ExitStatus.failed : ExitStatus.done
    }

    /// The XSD files in the type file's folder: it names them, and they import each other, by name.
    static func schemas(beside file: String) throws -> [String: [UInt8]] {
        let folder = file.contains("/") ? file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") : "."
        guard let directory = opendir(folder.isEmpty ? "/" : folder) else { return [:] }
        defer { closedir(directory) }
        var files: [String: [UInt8]] = [:]
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".xsd") { files[name] = try FileBytes.read(folder + "/" + name, byteCountMax: typeByteCountMax) }
        }
        return files
    }
}
