import ColumnStore

/// What a proof of the objects of a log, or of an archive, comes to.
package struct ProvenObjects: Sendable {
    package var report = Verifier.Report()
    /// What is there, in words: a line each.
    package var texts: [String] = []
}

/// What is found wrong with the objects of a place while they are read, and how much was read. One thread.
///
/// An object that is not there as it was put is a finding; a place that gives no answer is an error, since nothing was proved.
final class ObjectFindings {
    private(set) var report = Verifier.Report()
    private let place: LogPlace
    private let progress: (Verifier.Progress) -> Void
    /// Files that were read, with the size and the hash that each should have: checkpoints share them, and one that is right by one of them may be wrong by another.
    private var read: Set<String> = []

    private static let roundCountMax = 3

    init(_ place: LogPlace, progress: @escaping (Verifier.Progress) -> Void) { (self.place, self.progress) = (place, progress) }

    /// Reads all again where something is wrong and the place has changed: what was removed meanwhile, since nobody needs it any more, is not missing.
    ///
    /// - Parameter shape: tells whether anything was removed.
    /// - Throws: `.unavailable` where that goes on; what `body` throws.
    static func steady(_ place: LogPlace, shape: () throws -> Set<String>, _ body: () throws -> ProvenObjects) throws -> ProvenObjects {
        for _ in 0..<roundCountMax {
            let before = try shape()
            let proven = try body()
            if try proven.report.findings.isEmpty || shape() == before { return proven }
        }
        throw ColumnStoreError(.unavailable, path: place.url, "what is there is removed while it is read: try again later")
    }

    /// For messages.
    func name(_ key: String) -> String { "\(place.url)/\(key)" }

    /// - Parameter key: of an object, or empty for the place as a whole.
    func note(_ key: String, _ fault: String) { report.add(Finding(path: key.isEmpty ? place.url : name(key), fault: fault)) }

    func note(stranger key: String) { report.strangers.append(name(key)) }

    /// - Returns: whether an error says that an object is not as it was put: one that is longer than any of its kind is none of them.
    static func isFault(_ error: ColumnStoreError) -> Bool { isDamage(error) || error.code == .notFound }

    /// - Returns: whether an error says that an object is there, and not as it was put.
    static func isDamage(_ error: ColumnStoreError) -> Bool { error.code == .corruptFile || error.code == .overBudget }

    /// - Returns: nil where an object is not there as it was put, which is noted.
    func sound<Value>(_ key: String, _ body: () throws -> Value) throws -> Value? {
        do { return try body() } catch let error as ColumnStoreError where Self.isFault(error) {
            note(key, error.code == .notFound ? "is missing (\(error.detail))" : error.detail)
            return nil
        }
    }

    /// An object is read.
    func count(_ key: String, byteCount: Int64) {
        progress(.init(path: name(key), rowCount: 0))
        report.fileCount += 1
        report.documentByteCount = report.documentByteCount.addingSaturating(byteCount)
    }

    /// Reads a file from end to end, once, and holds it against its size and hash.
    ///
    /// - Parameter key: where it lies.
    func prove(_ file: BackupManifest.File, at key: String) throws {
        guard read.insert("\(key) \(file.byteCount) \(Hexadecimal.text(file.sha256))").inserted else { return }
        count(key, byteCount: file.byteCount)
        guard let found = try sound(key, { try place.objects.digest(of: key) }) else { return }
        if found.byteCount != file.byteCount {
            note(key, "has \(found.byteCount) bytes, and should have \(file.byteCount)")
        } else if found.sha256 != file.sha256 {
            note(key, "does not have the hash that it should have")
        }
    }
}
