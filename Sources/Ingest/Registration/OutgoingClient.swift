import CCurl
import Glibc
import Synchronization

/// One HTTP call that Till makes.
package struct OutgoingRequest: Sendable {
    package enum Method: String, Sendable { case get = "GET", post = "POST" }

    package var method: Method
    package var url: String
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    package var timeoutMilliseconds: Int

    package init(method: Method, url: String, headers: [(name: String, value: String)] = [], body: [UInt8] = [], timeoutMilliseconds: Int = 30_000) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeoutMilliseconds = timeoutMilliseconds
    }
}

package struct OutgoingResponse: Sendable {
    package var status: Int
    /// Names in lower case.
    package var headers: [String: String]
    package var body: [UInt8]

    package init(status: Int, headers: [String: String], body: [UInt8]) { (self.status, self.headers, self.body) = (status, headers, body) }
}

/// Why a call has no answer.
package enum OutgoingFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// The address is internal and not listed in `outgoing.allow`.
    case addressRefused
    /// The request may have arrived: whoever called must ask before calling again.
    case timedOut
    /// The request cannot have been processed: no connection was made.
    case notConnected(String)
    /// The connection broke after the request was sent, or the answer was too large or no HTTP.
    case broken(String)
    /// The client is closing.
    case closed

    package var description: String {
        switch self {
        case .addressRefused: "the address is internal and outgoing.allow does not list it"
        case .timedOut: "no answer in time"
        case .notConnected(let reason): "no connection: \(reason)"
        case .broken(let reason): "the call broke: \(reason)"
        case .closed: "the server is stopping"
        }
    }
}

/// Makes many calls at once on one thread, over connections that are kept and reused: libcurl's multi interface.
///
/// Redirects are not followed, proxies of the environment not used: a call goes where the configuration says, or nowhere.
package final class OutgoingClient: Sendable {
    /// An answer longer than this is cut off as broken: registrars send a line or two.
    package static let answerByteCountMax = 1 << 20

    /// Connections that stay open for the next call: 2,000 calls a second that take 200 ms each are 400 at a time.
    private static let keptConnectionCountMax = 2_048

    private static let busyTransferCount = 64
    private static let busyPauseMicroseconds: UInt32 = 2_000

    private struct Queue: Sendable {
        var waiting: [(OutgoingRequest, @Sendable (Result<OutgoingResponse, OutgoingFailure>) -> Void)] = []
        var isClosing = false
    }

    /// Used by the loop's thread alone, but for `curl_multi_wakeup`, which libcurl allows from any.
    private struct Multi: @unchecked Sendable { let raw: OpaquePointer }

    private let queue = Mutex(Queue())
    private let multi: Multi
    private let policy: AddressPolicy
    private let thread: Mutex<pthread_t?>

    package init(policy: AddressPolicy) {
        curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        guard let raw = curl_multi_init() else { preconditionFailure("libcurl: out of memory") }
        multi = Multi(raw: OpaquePointer(raw))
        self.policy = policy
        thread = Mutex(nil)
        till_curl_multi_set_long(raw, CURLMOPT_MAXCONNECTS, Self.keptConnectionCountMax)
        let unmanaged = Unmanaged.passRetained(self)
        var handle = pthread_t()
        let result = pthread_create(&handle, nil, { context in
            // Safe: `init` passed a retained client, and close() joins this thread before the last release.
            guard let context else { return nil }
            Unmanaged<OutgoingClient>.fromOpaque(context).takeRetainedValue().loop()
            return nil
        }, unmanaged.toOpaque())
        if result == 0 { thread.withLock { $0 = handle } } else { unmanaged.release() }
    }

    deinit { curl_multi_cleanup(UnsafeMutableRawPointer(multi.raw)) }

    /// Enqueues a call; `completion` is called once, on the client's thread, and must return quickly.
    package func send(_ request: OutgoingRequest, completion: @escaping @Sendable (Result<OutgoingResponse, OutgoingFailure>) -> Void) {
        let isClosing = queue.withLock { queue in
            if !queue.isClosing { queue.waiting.append((request, completion)) }
            return queue.isClosing
        }
        if isClosing { return completion(.failure(.closed)) }
        curl_multi_wakeup(UnsafeMutableRawPointer(multi.raw))
    }

    /// Ends every call under way with `.closed` and waits for the thread.
    package func close() {
        queue.withLock { $0.isClosing = true }
        curl_multi_wakeup(UnsafeMutableRawPointer(multi.raw))
        if let handle = thread.withLock({ handle in
            defer { handle = nil }
            return handle
        }) {
            pthread_join(handle, nil)
        }
    }

    private func loop() {
        let raw = UnsafeMutableRawPointer(multi.raw)
        var transfers: [UnsafeMutableRawPointer: Transfer] = [:]
        while true {
            let (waiting, isClosing) = queue.withLock { queue in
                defer { queue.waiting = [] }
                return (queue.waiting, queue.isClosing)
            }
            if isClosing {
                for (_, completion) in waiting { completion(.failure(.closed)) }
                break
            }
            for (request, completion) in waiting {
                guard let transfer = Transfer(request, policy: policy, completion: completion) else {
                    completion(.failure(.notConnected("libcurl cannot take the call")))
                    continue
                }
                transfers[transfer.easy] = transfer
                curl_multi_add_handle(raw, transfer.easy)
            }
            var running: Int32 = 0
            curl_multi_perform(raw, &running)
            finishTransfers(raw, &transfers)
            // libcurl polls every connection each time: with hundreds open, a millisecond's events are worth taking together.
            if transfers.count > Self.busyTransferCount { usleep(Self.busyPauseMicroseconds) }
            curl_multi_poll(raw, nil, 0, 1_000, nil)
        }
        for (easy, transfer) in transfers {
            curl_multi_remove_handle(raw, easy)
            transfer.completion(.failure(.closed))
        }
    }

    private func finishTransfers(_ raw: UnsafeMutableRawPointer, _ transfers: inout [UnsafeMutableRawPointer: Transfer]) {
        var left: Int32 = 0
        while let message = curl_multi_info_read(raw, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let code = message.pointee.data.result
            curl_multi_remove_handle(raw, easy)
            guard let transfer = transfers.removeValue(forKey: easy) else { continue }
            transfer.completion(transfer.outcome(code))
        }
    }
}

/// One call under way. Owned by the client's loop; libcurl's callbacks, on the same thread, see it unretained.
private final class Transfer {
    let easy: UnsafeMutableRawPointer
    let completion: @Sendable (Result<OutgoingResponse, OutgoingFailure>) -> Void
    private let policy: AddressPolicy
    private let host: String
    private var slist: UnsafeMutablePointer<curl_slist>?
    private var body: [UInt8] = []
    private var headers: [String: String] = [:]
    private var isAddressRefused = false
    private var isTooLong = false

    init?(
        _ request: OutgoingRequest, policy: AddressPolicy, completion: @escaping @Sendable (Result<OutgoingResponse, OutgoingFailure>) -> Void
    ) {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        self.completion = completion
        self.policy = policy
        host = Self.host(of: request.url)
        configure(request)
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(slist)
    }

    private func configure(_ request: OutgoingRequest) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        request.url.withCString { _ = till_curl_set_pointer(easy, CURLOPT_URL, $0) }
        "http,https".withCString { _ = till_curl_set_pointer(easy, CURLOPT_PROTOCOLS_STR, $0) }
        "".withCString { _ = till_curl_set_pointer(easy, CURLOPT_PROXY, $0) }
        till_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        till_curl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
        till_curl_set_long(easy, CURLOPT_TCP_NODELAY, 1)
        till_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, Int(min(request.timeoutMilliseconds, 10_000)))
        till_curl_set_long(easy, CURLOPT_TIMEOUT_MS, Int(request.timeoutMilliseconds))
        if request.method == .post {
            till_curl_set_long(easy, CURLOPT_POST, 1)
            till_curl_set_long(easy, CURLOPT_POSTFIELDSIZE, request.body.count)
            request.body.withUnsafeBytes { _ = till_curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, $0.baseAddress ?? UnsafeRawPointer(bitPattern: 1)) }
        }
        // No "Expect: 100-continue": a registrar that does not know it would cost a second for each call.
        slist = curl_slist_append(slist, "Expect:")
        for (name, value) in request.headers { slist = curl_slist_append(slist, "\(name): \(value)") }
        till_curl_set_pointer(easy, CURLOPT_HTTPHEADER, slist)
        setCallbacks(context)
    }

    private func setCallbacks(_ context: UnsafeMutableRawPointer) {
        till_curl_set_pointer(easy, CURLOPT_WRITEDATA, context)
        till_curl_set_write(easy) { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            return Transfer.of(context).take(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        till_curl_set_pointer(easy, CURLOPT_HEADERDATA, context)
        till_curl_set_header(easy) { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            return Transfer.of(context).takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        till_curl_set_pointer(easy, CURLOPT_OPENSOCKETDATA, context)
        till_curl_set_opensocket(easy) { context, _, address in
            // -1 is CURL_SOCKET_BAD: libcurl then fails the call without connecting.
            guard let context, let address else { return -1 }
            return Transfer.of(context).open(address)
        }
    }

    private static func of(_ context: UnsafeMutableRawPointer) -> Transfer {
        Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    }

    private func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard body.count + bytes.count <= OutgoingClient.answerByteCountMax else {
            isTooLong = true
            return 0
        }
        body.append(contentsOf: bytes)
        return bytes.count
    }

    private func takeHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
        let line = String(decoding: bytes, as: UTF8.self)
        if let colon = line.firstIndex(of: ":"), headers.count < 100 {
            let value = line[line.index(after: colon)...].filter { $0 != "\r\n" && $0 != "\r" && $0 != "\n" }
            headers[line[..<colon].lowercased()] = value.drop { $0 == " " }.description
        }
        return bytes.count
    }

    private func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> Int32 {
        var bytes: [UInt8] = []
        var port: UInt16 = 0
        withUnsafePointer(to: &address.pointee.addr) { pointer in
            let raw = UnsafeRawPointer(pointer)
            if address.pointee.family == AF_INET {
                let four = raw.loadUnaligned(as: sockaddr_in.self)
                bytes = withUnsafeBytes(of: four.sin_addr) { Array($0) }
                port = UInt16(bigEndian: four.sin_port)
            } else if address.pointee.family == AF_INET6 {
                let six = raw.loadUnaligned(as: sockaddr_in6.self)
                bytes = withUnsafeBytes(of: six.sin6_addr) { Array($0) }
                port = UInt16(bigEndian: six.sin6_port)
            }
        }
        guard policy.allows(address: bytes, port: port, host: host) else {
            isAddressRefused = true
            return -1
        }
        return socket(address.pointee.family, address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue), address.pointee.protocol)
    }

    func outcome(_ code: CURLcode) -> Result<OutgoingResponse, OutgoingFailure> {
        if code == CURLE_OK {
            var status = 0
            till_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
            return .success(OutgoingResponse(status: status, headers: headers, body: body))
        }
        if isAddressRefused { return .failure(.addressRefused) }
        if isTooLong { return .failure(.broken("the answer is longer than \(OutgoingClient.answerByteCountMax) bytes")) }
        let reason = String(cString: curl_easy_strerror(code))
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_SSL_CONNECT_ERROR,
            CURLE_PEER_FAILED_VERIFICATION:
            return .failure(.notConnected(reason))
        case CURLE_OPERATION_TIMEDOUT: return .failure(.timedOut)
        default: return .failure(.broken(reason))
        }
    }

    /// The host of a URL, for the policy's host rules; the address decides, so a wrong reading only refuses.
    static func host(of url: String) -> String { OutgoingClient.parts(of: url)?.host ?? "" }
}

extension OutgoingClient {
    /// Where a URL leads, as libcurl reads it; nil when it reads none.
    static func parts(of url: String) -> (host: String, port: String, hasCredentials: Bool)? {
        guard let parts = curl_url() else { return nil }
        defer { curl_url_cleanup(parts) }
        guard curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK else { return nil }
        func part(_ part: CURLUPart, _ flags: Int32 = 0) -> String? {
            var text: UnsafeMutablePointer<CChar>?
            guard curl_url_get(parts, part, &text, UInt32(flags)) == CURLUE_OK, let text else { return nil }
            defer { curl_free(text) }
            return String(cString: text)
        }
        guard let host = part(CURLUPART_HOST) else { return nil }
        return (host, part(CURLUPART_PORT, CURLU_DEFAULT_PORT) ?? "", part(CURLUPART_USER) != nil || part(CURLUPART_PASSWORD) != nil)
    }
}
