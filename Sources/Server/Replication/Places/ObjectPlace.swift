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

// MARK: Whether places are what they should be

/// Whether the places outside a machine of a cluster (the object, the slots, the archive) are what they must be, where that was not found out as the machine started: they are asked again until it
/// is, on a thread of their own, and nothing is put there before.
///
/// A pair that is whole needs its bucket for nothing: what is wrong with that is to be reported before the other machine is lost.
final class PlaceProof: Sendable {
    /// It has answered, and is not what it must be.
    struct Unkept: Error {
        let reason: any Error
    }

    /// Why nothing is put there.
    struct Doubt: Error, Equatable, Sendable, CustomStringConvertible {
        let reason: String
        let isUnkept: Bool

        var description: String {
            isUnkept
                ? "a place outside this machine is not what it must be, and this node puts nothing there: \(reason)"
                : "a place outside this machine has not been looked at since the start of this node, which puts nothing there before: it is asked again each second (\(reason))"
        }
    }

    private struct State {
        /// nil: it is proven.
        var doubt: Doubt?
        var isStopping = false
    }

    private let state: Monitor<State>
    private let ask: @Sendable () throws -> Void
    private let log: Log?
    private let seconds: Double

    /// What is wrong with one that answers a person mends.
    private static let unkeptFactor = 30.0

    /// Of places that were proven.
    init() {
        state = Monitor(State())
        ask = {}
        (log, seconds) = (nil, 0)
    }

    /// - Parameters:
    ///   - error: why they are not.
    ///   - seconds: between two questions to one that gives no answer.
    ///   - ask: returns once they are; throws `Unkept`, or why one gave no answer.
    init(unproven error: any Error, seconds: Double = 1, log: Log, _ ask: @escaping @Sendable () throws -> Void) {
        state = Monitor(State(doubt: Self.doubt(error)))
        self.ask = ask
        (self.log, self.seconds) = (log, seconds)
    }

    private static func doubt(_ error: any Error) -> Doubt {
        if let unkept = error as? Unkept { return Doubt(reason: "\(unkept.reason)", isUnkept: true) }
        return Doubt(reason: "\(error)", isUnkept: false)
    }

    /// nil: all are proven.
    var doubt: Doubt? { state.withLock { $0.doubt } }

    /// Before anything is put.
    func require() throws { if let doubt { throw doubt } }

    /// Asks until they are proven, unless they are.
    func start() {
        guard doubt != nil else { return }
        // Nobody waits for its end: a request may stand still.
        WorkerThread(name: "cluster-places", isDetached: true) { [self] in
            while let doubt = self.doubt {
                if state.wait(seconds: doubt.isUnkept ? seconds * Self.unkeptFactor : seconds, { $0.isStopping ? () : nil }) != nil { return }
                look(before: doubt)
            }
        }
    }

    func stop() { state.broadcast { $0.isStopping = true } }

    private func look(before: Doubt) {
        var found: Doubt?
        do { try ask() } catch { found = Self.doubt(error) }
        state.withLock { $0.doubt = found }
        guard let found else {
            log?.info("the places of the cluster that gave no answer have given it", [:])
            return
        }
        if found.isUnkept, found != before { log?.error("a place of the cluster is not what it must be, and nothing is put there", ["reason": .text(found.reason)]) }
    }
}
