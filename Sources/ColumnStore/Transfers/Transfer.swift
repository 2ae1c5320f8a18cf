internal import CCurl
internal import Glibc

/// One call under way. Owned by the client's loop; libcurl's callbacks, on the same thread, see it unretained.
///
/// 1. Everything but `init` happens on the client's loop: no field needs a lock.
/// 2. Texts and bodies that libcurl is given are copied by it, but for the list of headers, which is freed after the handle.
/// 3. `completion` is called once, by the loop, after the handle has left the multi handle.
/// 4. A request goes out once. What becomes of one that had no answer is for the caller to ask: libcurl by itself would send it again.
final class Transfer {
    let easy: UnsafeMutableRawPointer
    let completion: @Sendable (Result<OutgoingResponse, OutgoingFailure>) -> Void
    /// Nil lets every address be reached.
    private let policy: AddressPolicy?
    /// Of the URL, for rules that name hosts.
    private let host: String
    private let answerByteCountMax: Int
    /// By which it is cancelled.
    let number: UInt64
    /// The request's headers; libcurl reads them until the call has ended.
    private var slist: UnsafeMutablePointer<curl_slist>?
    /// Of the answer, as far as it has come.
    private var body: [UInt8] = []
    private var headers: [String: String] = [:]
    /// Why a callback has ended the call: libcurl's own code would only say that it failed.
    private var isAddressRefused = false
    private var isTooLong = false
    private let kept: KeptConnections
    /// Sockets that were made for this call.
    private var opened: [Int32] = []
    /// The request went out, or began to.
    private var isSent = false
    /// The connection that it was to go out on was none any more.
    private var isStale = false
    private var wantsOwnConnection = false
    /// Its connection has ended without a byte of an answer.
    private var isUnanswered = false

    /// - Returns: nil when libcurl has no memory for a handle.
    init?(
        _ request: OutgoingRequest, number: UInt64, policy: AddressPolicy?, kept: KeptConnections,
        completion: @escaping @Sendable (Result<OutgoingResponse, OutgoingFailure>) -> Void
    ) {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        self.completion = completion
        self.policy = policy
        self.number = number
        self.kept = kept
        host = Self.host(of: request.url)
        answerByteCountMax = request.answerByteCountMax
        configure(request)
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(slist)
    }

    /// Tells libcurl all of the request.
    private func configure(_ request: OutgoingRequest) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        request.url.withCString { _ = till_curl_set_pointer(easy, CURLOPT_URL, $0) }
        // No other scheme: libcurl would read files and speak a dozen protocols by URLs.
        "http,https".withCString { _ = till_curl_set_pointer(easy, CURLOPT_PROTOCOLS_STR, $0) }
        // Of HTTP/2, which it would speak over TLS, 7.88 tells some answers as whole that were broken off, and has connections run dry by calls that were given up:
        // https://github.com/curl/curl/pull/10693, 11052.
        till_curl_set_http1(easy)
        // An empty proxy keeps those of the environment away.
        "".withCString { _ = till_curl_set_pointer(easy, CURLOPT_PROXY, $0) }
        till_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        till_curl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
        till_curl_set_long(easy, CURLOPT_TCP_NODELAY, 1)
        till_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, Int(min(request.timeoutMilliseconds, 10_000)))
        till_curl_set_long(easy, CURLOPT_TIMEOUT_MS, Int(request.timeoutMilliseconds))
        // Less than a byte a second over that time.
        if let seconds = request.stallSeconds {
            till_curl_set_long(easy, CURLOPT_LOW_SPEED_LIMIT, 1)
            till_curl_set_long(easy, CURLOPT_LOW_SPEED_TIME, seconds)
        }
        if let proof = request.proof {
            proof.certificate.withCString { _ = till_curl_set_pointer(easy, CURLOPT_SSLCERT, $0) }
            proof.key.withCString { _ = till_curl_set_pointer(easy, CURLOPT_SSLKEY, $0) }
            proof.authority.withCString { _ = till_curl_set_pointer(easy, CURLOPT_CAINFO, $0) }
            till_curl_set_pointer(easy, CURLOPT_CAPATH, nil)
            // A session that is taken up again would have the certificate that it was begun with.
            till_curl_set_long(easy, CURLOPT_SSL_SESSIONID_CACHE, 0)
        }
        if request.keepsPath { till_curl_set_long(easy, CURLOPT_PATH_AS_IS, 1) }
        configure(request.method, request.body)
        // No "Expect: 100-continue": a registrar that does not know it would cost a second for each call.
        slist = curl_slist_append(slist, "Expect:")
        for (name, value) in request.headers { slist = curl_slist_append(slist, "\(name): \(value)") }
        till_curl_set_pointer(easy, CURLOPT_HTTPHEADER, slist)
        setCallbacks(context)
    }

    /// GET is what libcurl does by itself. POST and PUT have a body, be it of 0 bytes: without any pointer libcurl would ask for it by a callback.
    private func configure(_ method: OutgoingRequest.Method, _ body: [UInt8]) {
        switch method {
        case .get: return
        case .head: till_curl_set_long(easy, CURLOPT_NOBODY, 1)
        case .delete: method.rawValue.withCString { _ = till_curl_set_pointer(easy, CURLOPT_CUSTOMREQUEST, $0) }
        case .post, .put:
            till_curl_set_long(easy, CURLOPT_POST, 1)
            till_curl_set_long(easy, CURLOPT_POSTFIELDSIZE, body.count)
            body.withUnsafeBytes { _ = till_curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, $0.baseAddress ?? UnsafeRawPointer(bitPattern: 1)) }
            // Not libcurl's own PUT, which asks for the body by callbacks and may have to go back in it.
            if method == .put { method.rawValue.withCString { _ = till_curl_set_pointer(easy, CURLOPT_CUSTOMREQUEST, $0) } }
        }
    }

    /// - Parameter context: this transfer, unretained: the loop holds it as long as libcurl has the handle.
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
        // Called when a connection is closed, long after the transfer that it was made for.
        till_curl_set_pointer(easy, CURLOPT_CLOSESOCKETDATA, Unmanaged.passUnretained(kept).toOpaque())
        till_curl_set_closesocket(easy) { context, socket in
            guard let context else { return Glibc.close(socket) }
            return Unmanaged<KeptConnections>.fromOpaque(context).takeUnretainedValue().close(socket)
        }
        till_curl_set_pointer(easy, CURLOPT_PREREQDATA, context)
        till_curl_set_prereq(easy) { context, remote, local, remotePort, localPort in
            guard let context, let remote, let local else { return CURL_PREREQFUNC_OK }
            let ends = KeptConnections.Ends(
                remoteAddress: String(cString: remote), remotePort: remotePort, localAddress: String(cString: local), localPort: localPort)
            return Transfer.of(context).mayBegin(on: ends) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
        }
    }

    private static func of(_ context: UnsafeMutableRawPointer) -> Transfer {
        Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    }

    /// A piece of the answer's body.
    ///
    /// - Returns: how much was taken; anything but all of it makes libcurl end the call.
    private func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard body.count + bytes.count <= answerByteCountMax else {
            isTooLong = true
            return 0
        }
        body.append(contentsOf: bytes)
        return bytes.count
    }

    /// One line of the answer's head. Of lines without a colon, as the status line, and of those past a hundred headers nothing is kept; of two of one name the
    /// last counts.
    private func takeHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
        let line = String(decoding: bytes, as: UTF8.self)
        if let colon = line.firstIndex(of: ":"), headers.count < 100 {
            let value = line[line.index(after: colon)...].filter { $0 != "\r\n" && $0 != "\r" && $0 != "\n" }
            let (name, text) = (line[..<colon].lowercased(), value.drop { $0 == " " }.description)
            headers[name] = text
            // In one piece, for a long answer; a length that is a lie costs no more than was allowed.
            if name == "content-length", let length = Int(text), length > 0, length <= answerByteCountMax { body.reserveCapacity(length) }
        }
        return bytes.count
    }

    /// Makes the socket for an address that name resolution gave, if the policy lets it: the last place before a connection.
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
        guard policy?.allows(address: bytes, port: port, host: host) != false else {
            isAddressRefused = true
            return -1
        }
        let made = socket(address.pointee.family, address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue), address.pointee.protocol)
        if made >= 0 { opened.append(made) }
        return made
    }

    /// A connection is there, made for this call or taken up again, and the request goes out next.
    ///
    /// - Returns: whether it may.
    private func mayBegin(on ends: KeptConnections.Ends) -> Bool {
        guard !isSent else {
            isUnanswered = true
            return false
        }
        if !wantsOwnConnection, let socket = kept.socket(of: ends) {
            guard KeptConnections.isQuiet(socket) else {
                isStale = true
                return false
            }
        } else if let socket = opened.first(where: { KeptConnections.localPort(of: $0) == ends.localPort }) {
            kept.add(ends, socket)
        }
        isSent = true
        return true
    }

    /// Asked once the call has ended, for whatever reason.
    ///
    /// - Returns: whether it has to be made again, on a connection of its own: nothing of it was sent.
    func beginsAnew() -> Bool {
        guard isStale else { return false }
        (isStale, wantsOwnConnection) = (false, true)
        till_curl_set_long(easy, CURLOPT_FRESH_CONNECT, 1)
        return true
    }

    /// What came of the call, by libcurl's code. What was stopped here says so itself.
    func outcome(_ code: CURLcode) -> Result<OutgoingResponse, OutgoingFailure> {
        if code == CURLE_OK {
            var status = 0
            till_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
            return .success(OutgoingResponse(status: status, headers: headers, body: body))
        }
        if isAddressRefused { return .failure(.addressRefused) }
        if isTooLong { return .failure(.broken("the answer is longer than \(answerByteCountMax) bytes")) }
        if isUnanswered { return .failure(.broken("the connection ended without an answer")) }
        let reason = String(cString: curl_easy_strerror(code))
        switch code {
        // Before a request could be sent: it is known not to have been processed. Of an answer that is no HTTP libcurl says that it knows no such protocol, too.
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_SSL_CONNECT_ERROR,
            CURLE_PEER_FAILED_VERIFICATION:
            return .failure(isSent ? .broken(reason) : .notConnected(reason))
        case CURLE_OPERATION_TIMEDOUT: return .failure(.timedOut)
        default: return .failure(.broken(reason))
        }
    }

    /// The host of a URL, for the policy's host rules; the address decides, so a wrong reading only refuses.
    static func host(of url: String) -> String { OutgoingClient.parts(of: url)?.host ?? "" }
}
