internal import ColumnStore
internal import Ingest
import Synchronization

/// Undoes the coding of a body, and puts the answer into one that the client takes.
struct BodyCoding: Middleware {
    /// Bodies over this leave much behind in the C library's heaps.
    private static let largeByteCountMin = 4 << 20

    let limits: DoorLimits
    let memory: MemoryReturn

    func around(_ next: @escaping Handler, of route: Route) -> Handler {
        guard route.body != .none, route.body != .file else {
            return { call in encoded(try next(call), call) }
        }
        let byteCountMax = route.body.byteCountMax(limits)
        return { call in
            let exchange = call.exchange
            if let coding = exchange.request.header("Content-Encoding") {
                let body = exchange.request.body
                do {
                    exchange.request.body = try ContentCoding.decode(body, coding: coding, byteCountMax: byteCountMax) {
                        try exchange.holdBody(body.count + $0)
                    }
                } catch let problem as Problem where problem.slug == .badEncoding && route.body == .receipts {
                    call.codingFault = problem
                }
            }
            let isLarge = exchange.request.body.count > Self.largeByteCountMin
            defer { if isLarge { memory.giveBackSoon() } }
            return encoded(try next(call), call)
        }
    }

    private func encoded(_ response: Response?, _ call: Call) -> Response? {
        response.map { ContentCoding.encode($0, acceptEncoding: call.exchange.request.header("Accept-Encoding")) }
    }
}

/// What a large document was read with goes back to the system: the C library would keep it.
final class MemoryReturn: Sendable {
    /// In nanoseconds.
    private static let pause: UInt64 = 1_000_000_000
    /// In seconds: the engine is not done with it yet, and the answer goes first.
    private static let delay = 0.5

    private let gaveBackAt = Atomic<UInt64>(0)
    private let timers: Timers
    private let pool: WorkerPool

    init(_ timers: Timers, _ pool: WorkerPool) { (self.timers, self.pool) = (timers, pool) }

    func giveBackSoon() {
        let now = SteadyClock.nanoseconds()
        let last = gaveBackAt.load(ordering: .relaxed)
        guard now &- last > Self.pause, gaveBackAt.compareExchange(expected: last, desired: now, ordering: .relaxed).exchanged else { return }
        timers.after(Self.delay) { [self] in _ = pool.submit(for: self) { ProcessHeap.giveBack() } }
    }
}
