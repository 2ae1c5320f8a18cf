package import ColumnStore
import Glibc
internal import Ingest
import Synchronization

/// Where the one object lies that says who leads. Each call ends within some seconds.
///
/// A tag is the place's own word for one state of the object: an ETag, or a hash. It is compared, and nothing is read out of it.
package protocol ObjectPlace: Sendable {
    /// - Returns: nil where there is none.
    func read() throws -> (bytes: [UInt8], tag: String)?
    /// - Returns: false where there is one.
    func create(_ bytes: [UInt8]) throws -> Bool
    /// - Returns: false where it is another than the one that was read with `tag`.
    func swap(_ bytes: [UInt8], ifStill tag: String) throws -> Bool
    /// Whether it keeps an object that names a store, by what it said last: a witness of a version before does not.
    var takesStores: Bool { get }
}

extension ObjectPlace {
    package var takesStores: Bool { true }
}

/// A file, changed by whoever has its lock: a witness's, or one that two processes of a machine share.
package struct ObjectFile: ObjectPlace {
    let folder: String
    private static let name = "object"
    /// A configuration has some hundred bytes.
    private static let byteCountMax = 4_096
    /// How long the lock is waited for, and how often it is asked for: whoever has it holds it for a write.
    private let patienceSeconds: Double
    private static let lookMilliseconds: Int32 = 10

    package init(folder: String, patienceSeconds: Double = 5) { (self.folder, self.patienceSeconds) = (folder, patienceSeconds) }

    /// - Throws: where the object could be neither kept nor read.
    package func check() throws { _ = try locked { try read() } }

    /// Takes no lock: the file is replaced as a whole, so a reader sees one of its states.
    package func read() throws -> (bytes: [UInt8], tag: String)? {
        let files = try LocalStorageFactory.files(folder)
        guard try files.byteCount(of: Self.name) != nil else { return nil }
        let bytes = try files.get(Self.name, byteCountMax: Self.byteCountMax)
        return (bytes, Hexadecimal.text(SHA256.hash(bytes)))
    }

    package func create(_ bytes: [UInt8]) throws -> Bool {
        try locked {
            guard try read() == nil else { return false }
            try LocalStorageFactory.files(folder).put(Self.name, bytes)
            return true
        }
    }

    package func swap(_ bytes: [UInt8], ifStill tag: String) throws -> Bool {
        try locked {
            guard try read()?.tag == tag else { return false }
            try LocalStorageFactory.files(folder).put(Self.name, bytes)
            return true
        }
    }

    /// The system lets the lock go with the descriptor, also where the process dies; of one that was stopped, or whose disk gives no answer, it does not.
    ///
    /// - Throws: where somebody has it for longer than a write takes.
    private func locked<Result>(_ body: () throws -> Result) throws -> Result {
        try DataDirectory.makeDirectories(folder)
        let path = "\(folder)/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw RecordFile.Failure("open", path) }
        defer { close(descriptor) }
        let deadline = SteadyClock.seconds() + patienceSeconds
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EINTR || errno == EWOULDBLOCK && SteadyClock.seconds() < deadline else { throw RecordFile.Failure("lock", path) }
            _ = poll(nil, 0, Self.lookMilliseconds)
        }
        return try body()
    }
}

/// An object of a bucket, by conditional puts.
struct ObjectInBucket: ObjectPlace {
    let root: any WarehouseRoot
    let key: String

    package func read() throws -> (bytes: [UInt8], tag: String)? { try root.read(key) }

    package func create(_ bytes: [UInt8]) throws -> Bool { try unlessConflict { try root.create(key, bytes) } }

    package func swap(_ bytes: [UInt8], ifStill tag: String) throws -> Bool { try unlessConflict { try root.swap(key, bytes, ifStill: tag) } }

    private func unlessConflict(_ body: () throws -> Void) throws -> Bool {
        do { try body() } catch let error as ColumnStoreError where error.code == .conflict { return false }
        return true
    }
}

/// The object that a witness holds: `GET`, and `PUT` with a condition.
///
///     GET  /v1/object                          200 with ETag | 404
///     PUT  /v1/object  If-None-Match: *        204 | 412 there is one
///     PUT  /v1/object  If-Match: "tag"         204 | 412 it is another
package struct ObjectAtWitness: ObjectPlace {
    let url: String
    private let proof: OutgoingRequest.Proof?
    private let client = OutgoingClient(policy: nil)
    private let said = Said()
    static let path = "/v1/object"
    /// Of one call, its connecting among it.
    private static let milliseconds = 2_000

    /// With its answers a witness says which objects it keeps.
    static let formHeader: StaticString = "Till-Object-Form"
    static let formNamingStore = "2"

    private final class Said: Sendable {
        let takesStores = Atomic<Bool>(false)
    }

    struct Refused: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameter proof: what this machine shows to a witness with TLS, and whose word it takes; nil without TLS.
    package init(url: String, proof: OutgoingRequest.Proof? = nil) {
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.proof = proof
    }

    private func call(_ method: OutgoingRequest.Method, _ headers: [(name: String, value: String)] = [], _ body: [UInt8] = []) throws -> OutgoingResponse {
        let done = Monitor<Result<OutgoingResponse, OutgoingFailure>?>(nil)
        var request = OutgoingRequest(method: method, url: url + Self.path, headers: headers, body: body, timeoutMilliseconds: Self.milliseconds)
        request.proof = proof
        client.send(request) { result in done.broadcast { $0 = result } }
        // The client ends every call by its time, so the wait has an end.
        switch done.wait({ $0 }) {
        case .success(let response): return response
        case .failure(let failure): throw Refused(description: "\(url): \(failure)")
        }
    }

    package func read() throws -> (bytes: [UInt8], tag: String)? {
        let answer = try call(.get)
        if answer.status == 404 { return nil }
        said.takesStores.store(answer.headers["\(Self.formHeader)".lowercased()] == Self.formNamingStore, ordering: .relaxed)
        guard answer.status == 200, let tag = answer.headers["etag"] else { throw Refused(description: "\(url) answers \(answer.status)") }
        return (answer.body, tag)
    }

    package var takesStores: Bool { said.takesStores.load(ordering: .relaxed) }

    package func create(_ bytes: [UInt8]) throws -> Bool { try put(bytes, ("If-None-Match", "*")) }

    package func swap(_ bytes: [UInt8], ifStill tag: String) throws -> Bool { try put(bytes, ("If-Match", tag)) }

    private func put(_ bytes: [UInt8], _ condition: (name: String, value: String)) throws -> Bool {
        let answer = try call(.put, [condition, ("Content-Type", "application/octet-stream")], bytes)
        if answer.status == 412 { return false }
        guard answer.status == 204 else { throw Refused(description: "\(url) answers \(answer.status)") }
        return true
    }
}
