package import ColumnStore
import Foundation
import Synchronization

/// A bucket on a loopback port, as strict as S3 is: it checks signatures, the hashes of payloads and sums, conditions, parts of uploads, and answers in
/// S3's words. A test has it fail as networks and services do.
public final class BucketDouble: Sendable {
    /// A request, as far as tests ask.
    public struct Seen: Sendable {
        public var method: String
        /// Not encoded, without the bucket.
        public var key: String
        public var query: [String: String]
        public var headers: [String: String]
        public var byteCount: Int
    }

    /// What goes wrong with a request.
    public enum Fault: Sendable {
        /// An answer in place of doing it.
        case answer(status: Int, code: String)
        /// It is not done, and the connection closes.
        case drop
        /// An answer of 200 with another body, whether it is done or not.
        case body(String, isDone: Bool)
        /// It is done, and the connection closes.
        case dropAfter
        /// It is done, and the answer says otherwise.
        case answerAfter(status: Int, code: String)
        /// It is done; the answer breaks off in the middle of its body.
        case torn
        /// It is done; half of the answer comes, and then nothing for so long.
        case stall(milliseconds: Int)
        /// It is done, and answered later.
        case delay(milliseconds: Int)
        /// It is done, and the answer has another value of a header.
        case header(name: String, value: String)
    }

    struct Object: Sendable {
        var bytes: [UInt8]
        var tag: String
        /// base64 of SHA-256; that of parts has a `-`.
        var sum: String
        var metadata: [String: String]
        /// When it came, by the machine's clock.
        var modified = Date()
    }

    struct Upload: Sendable {
        var key: String
        var metadata: [String: String]
        var parts: [Int: Object] = [:]
    }

    struct State: Sendable {
        var objects: [String: Object] = [:]
        var uploads: [String: Upload] = [:]
        var seen: [Seen] = []
        var plan: (@Sendable (Seen) -> Fault?)?
        var secrets: [String: (secret: String, token: String?)] = [:]
        var clockOffset: Int64 = 0
        var number = 0
        var checksConditions = true
        var checksSums = true
    }

    let bucket: String
    let region: String
    let partByteCountMin: Int
    let state: Mutex<State>
    private let server = Mutex<TestHTTPServer?>(nil)

    /// - Parameter partByteCountMin: of all parts of an upload but the last.
    public init(bucket: String = "receipts", region: String = "eu-central-1", partByteCountMin: Int = 5 << 20) {
        self.bucket = bucket
        self.region = region
        self.partByteCountMin = partByteCountMin
        var first = State()
        first.secrets = ["AKIADOUBLE": ("double/secret+key", nil)]
        state = Mutex(first)
        let new = TestHTTPServer { [unowned self] request in self.answer(request) }
        server.withLock { $0 = new }
    }

    public var port: UInt16 { server.withLock { $0?.port ?? 0 } }
    public var endpoint: String { "http://127.0.0.1:\(port)" }
    public var connectionCount: Int { server.withLock { $0?.connectionCount.load(ordering: .relaxed) ?? 0 } }

    public func close() { server.withLock { $0?.close() } }

    package var credentials: AWSCredentials { AWSCredentials(accessKeyID: "AKIADOUBLE", secretAccessKey: "double/secret+key") }

    /// The keys that it knows from now on.
    package func allow(_ credentials: AWSCredentials...) {
        state.withLock { state in
            state.secrets = [:]
            for one in credentials { state.secrets[one.accessKeyID] = (one.secretAccessKey, one.sessionToken) }
        }
    }

    /// From now on `plan` says what goes wrong with each request; nil: nothing does.
    public func fail(_ plan: (@Sendable (Seen) -> Fault?)?) { state.withLock { $0.plan = plan } }

    /// Its clock, against the machine's.
    public func setClock(offset seconds: Int64) { state.withLock { $0.clockOffset = seconds } }

    /// Whether it keeps conditions, which many servers do not.
    public func keepConditions(_ keeps: Bool) { state.withLock { $0.checksConditions = keeps } }

    public var seen: [Seen] { state.withLock { $0.seen } }
    public func forgetSeen() { state.withLock { $0.seen = [] } }
    public var objects: [String: [UInt8]] { state.withLock { $0.objects.mapValues(\.bytes) } }
    public var uploadCount: Int { state.withLock { $0.uploads.count } }

    /// Changes what is stored, behind everybody's back.
    public func store(_ key: String, _ bytes: [UInt8]?) {
        state.withLock { state in
            state.number += 1
            state.objects[key] = bytes.map { Object(bytes: $0, tag: "\"changed-\(state.number)\"", sum: "", metadata: [:]) }
        }
    }

    /// Changes a byte of what is stored; its tag and sum stay.
    public func corrupt(_ key: String, at place: Int = 0) { state.withLock { $0.objects[key]?.bytes[place] ^= 1 } }

    // MARK: A request

    private func answer(_ request: TestHTTPServer.Request) -> TestHTTPServer.Response {
        guard let asked = Asked(request, bucket: bucket) else { return Self.error(400, "InvalidURI") }
        if let refusal = refusal(of: asked) { return Self.finished(refusal, asked) }
        let seen = Seen(method: asked.method, key: asked.key, query: asked.query, headers: asked.headers, byteCount: asked.body.count)
        let plan = state.withLock { state in
            state.seen.append(seen)
            return state.plan
        }
        let fault = plan?(seen)
        switch fault {
        case .answer(let status, let code): return Self.finished(Self.error(status, code), asked)
        case .drop: return .init(drops: true)
        case .body(let body, isDone: false): return Self.finished(.init(body: body), asked)
        default: break
        }
        var response = Self.finished(perform(asked), asked)
        switch fault {
        case .dropAfter: response.drops = true
        case .answerAfter(let status, let code): response = Self.finished(Self.error(status, code), asked)
        case .body(let body, isDone: true): response = Self.finished(.init(body: body), asked)
        case .torn: response.tornAt = response.body.count / 2
        case .stall(let milliseconds): (response.tornAt, response.stallMilliseconds) = (response.body.count / 2, milliseconds)
        case .delay(let milliseconds): response.delayMilliseconds = milliseconds
        case .header(let name, let value):
            response.headers.removeAll { $0.name == name }
            response.headers.append((name, value))
        default: break
        }
        return response
    }

    static func error(_ status: Int, _ code: String, _ more: String = "") -> TestHTTPServer.Response {
        .init(
            status: status, headers: [("Content-Type", "application/xml"), ("x-amz-request-id", "4442587FB7D0A2F9")],
            body: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>\(code)</Code><Message>as the test wants</Message>\(more)<RequestId>4442587FB7D0A2F9</RequestId></Error>")
    }

    /// What HEAD leaves out.
    private static func finished(_ response: TestHTTPServer.Response, _ asked: Asked) -> TestHTTPServer.Response {
        guard asked.method == "HEAD" else { return response }
        var response = response
        response.contentLength = response.contentLength ?? response.body.count
        response.body = []
        return response
    }
}
