internal import ColumnStore
internal import Ingest

/// Undoes the coding of a body, and puts the answer into one that the client takes.
///
/// Undone on the thread that `Dispatch` has chosen, never on a connection's: a body with a coding is heavy to it.
struct BodyCoding: Middleware {
    /// Bodies over this leave much behind in the C library's heaps.
    private static let largeByteCountMin = 4 << 20

    let limits: DoorLimits
    let memory: MemoryReturn

    func around(_ next: @escaping Handler, of route: Route) -> Handler {
        guard route.body != .none, route.body != .file else {
            return { call in try encoded(call, next) }
        }
        let byteCountMax = route.body.byteCountMax(limits)
        return { call in
            let exchange = call.exchange
            if let coding = exchange.request.header("Content-Encoding") {
                let body = exchange.request.body
                do {
                    exchange.request.body = try ContentCoding.decode(body, coding: coding, byteCountMax: byteCountMax) {
                        // Both are there while it lasts: the body as it came, and its decoded form.
                        try exchange.holdBody(body.count + $0)
                    }
                } catch let problem as Problem where problem.slug == .badEncoding && route.body == .receipts {
                    call.codingFault = problem
                }
            }
            let isLarge = exchange.request.body.count > Self.largeByteCountMin
            defer { if isLarge { memory.giveBackSoon() } }
            return try encoded(call, next)
        }
    }

    /// What is answered at once is coded here. For what comes later, and for problems, the exchange keeps what the client takes: header fields may not be read
    /// any more when that leaves.
    private func encoded(_ call: Call, _ next: Handler) throws -> Response? {
        let coding = ContentCoding.choose(call.exchange.request.header("Accept-Encoding"))
        call.exchange.coding = coding
        return try next(call).map { response in ContentCoding.encode(response, coding: coding) { byteCount in try call.exchange.holdAnswer(byteCount) } }
    }
}
