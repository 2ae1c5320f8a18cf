internal import CCurl
internal import Glibc
import Synchronization

/// Makes many calls at once on one thread, over connections that are kept and reused: libcurl's multi interface.
///
/// Redirects are not followed, proxies of the environment not used: a call goes where the configuration says, or nowhere.
///
/// 1. Transfers and their handles belong to the client's thread; other threads leave requests and numbers in `queue`, and wake it.
/// 2. Each completion is called exactly once, on that thread; of a call that comes after `close`, or while the system gives no thread, on the caller's.
/// 3. The thread holds the client: it lives until `close`, which its owner has to call.
/// 4. Where the system gives no thread, each call looks for one anew: that may pass.
package final class OutgoingClient: Sendable {
    /// An answer longer than this is cut off as broken: registrars send a line or two.
    package static let answerByteCountMax = 1 << 20

    /// Connections that stay open for the next call: 2,000 calls a second that take 200 ms each are 400 at a time.
    private static let keptConnectionCountMax = 2_048

    /// How often a waiting thread asks whether it is still wanted.
    private static let cancelCheckNanoseconds: UInt64 = 20_000_000
    /// From so many calls at once on events are gathered, for so long.
    private static let busyTransferCount = 64
    private static let busyPauseMicroseconds: UInt32 = 2_000

    private struct Queue: Sendable {
        /// Requests that the loop has not seen, with their numbers.
        var waiting: [(OutgoingRequest, UInt64, @Sendable (Result<OutgoingResponse, OutgoingFailure>) -> Void)] = []
        var cancelled: Set<UInt64> = []
        /// From 1; 0 is the number of a call that was refused.
        var lastNumber: UInt64 = 0
        var isClosing = false
    }

    /// Used by the loop's thread alone, but for `curl_multi_wakeup`, which libcurl allows from any, and by `deinit`, when there is no loop any more.
    private struct Multi: @unchecked Sendable {
        let raw: OpaquePointer
        let kept = KeptConnections()
    }

    private let queue = Mutex(Queue())
    private let multi: Multi
    /// Of every call of this client.
    private let policy: AddressPolicy?
    /// Gives libcurl a call; false where it does not take it.
    private let add: Add

    typealias Add = @Sendable (_ multi: UnsafeMutableRawPointer, _ easy: UnsafeMutableRawPointer) -> Bool
    /// Nil after `close`, and while the system gives none.
    private let thread = Mutex<WorkerThread?>(nil)

    /// - Parameter policy: nil where the operator alone says where calls go.
    package convenience init(policy: AddressPolicy?) { self.init(policy: policy, add: OutgoingClient.addToLibrary) }

    static let addToLibrary: Add = { curl_multi_add_handle($0, $1) == CURLM_OK }

    /// - Parameter add: as libcurl has it, but in tests.
    init(policy: AddressPolicy?, add: @escaping Add) {
        curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        guard let raw = curl_multi_init() else { preconditionFailure("libcurl: out of memory") }
        multi = Multi(raw: OpaquePointer(raw))
        self.policy = policy
        self.add = add
        till_curl_multi_set_long(raw, CURLMOPT_MAXCONNECTS, Self.keptConnectionCountMax)
        _ = begin()
    }

    deinit { curl_multi_cleanup(UnsafeMutableRawPointer(multi.raw)) }

    /// - Returns: whether there is a thread by now. A client that closes gets none any more.
    private func begin() -> Bool {
        thread.withLock { thread in
            // `close` says so before it takes the thread: none begins behind it.
            if thread == nil, !queue.withLock({ $0.isClosing }) { thread = WorkerThread.joinable(name: "outgoing") { [self] in loop() } }
            return thread != nil
        }
    }

    /// Enqueues a call; `completion` is called once, on the client's thread, and must return quickly.
    ///
    /// Without a thread it ends at once as one that was not connected, and on the caller's thread.
    ///
    /// - Returns: the call's number, to cancel it by.
    @discardableResult
    package func send(_ request: OutgoingRequest, completion: @escaping @Sendable (Result<OutgoingResponse, OutgoingFailure>) -> Void) -> UInt64 {
        let hasThread = begin()
        let taken: Result<UInt64, OutgoingFailure> = queue.withLock { queue in
            if queue.isClosing { return .failure(.closed) }
            // Not `.closed`: whoever is told that waits for the next start.
            guard hasThread else { return .failure(.notConnected("the system gives no thread for calls")) }
            queue.lastNumber += 1
            queue.waiting.append((request, queue.lastNumber, completion))
            return .success(queue.lastNumber)
        }
        switch taken {
        case .success(let number):
            curl_multi_wakeup(UnsafeMutableRawPointer(multi.raw))
            return number
        case .failure(let failure):
            completion(.failure(failure))
            return 0
        }
    }

    /// Ends a call with `.closed`, unless it has ended.
    package func cancel(_ number: UInt64) {
        queue.withLock { _ = $0.cancelled.insert(number) }
        curl_multi_wakeup(UnsafeMutableRawPointer(multi.raw))
    }

    /// Makes a call and waits for its answer.
    ///
    /// - Parameter isCancelled: asked now and then; once it is true the call is ended with `.closed`.
    package func answer(to request: OutgoingRequest, isCancelled: () -> Bool = { false }) -> Result<OutgoingResponse, OutgoingFailure> {
        let result = Monitor<Result<OutgoingResponse, OutgoingFailure>?>(nil)
        let number = send(request) { answer in result.signal { $0 = answer } }
        while true {
            if let answer = result.wait(nanoseconds: Self.cancelCheckNanoseconds, \.self) { return answer }
            if isCancelled() {
                cancel(number)
                return result.wait(\.self)
            }
        }
    }

    /// Ends every call under way with `.closed` and waits for the thread.
    package func close() {
        queue.withLock { $0.isClosing = true }
        curl_multi_wakeup(UnsafeMutableRawPointer(multi.raw))
        let held = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        // Outside the lock: a completion on the thread may send again, which asks for it.
        held?.join()
    }

    /// Each turn takes what waits, moves every transfer on, hands out what has ended, and sleeps until a connection stirs, somebody wakes it or a second is
    /// over.
    private func loop() {
        let raw = UnsafeMutableRawPointer(multi.raw)
        var transfers: [UnsafeMutableRawPointer: Transfer] = [:]
        while true {
            let (waiting, cancelled, isClosing) = queue.withLock { queue in
                defer { (queue.waiting, queue.cancelled) = ([], []) }
                return (queue.waiting, queue.cancelled, queue.isClosing)
            }
            if isClosing {
                for (_, _, completion) in waiting { completion(.failure(.closed)) }
                break
            }
            for (request, number, completion) in waiting {
                // One that libcurl did not take would never end by itself.
                guard let transfer = Transfer(request, number: number, policy: policy, kept: multi.kept, completion: completion), add(raw, transfer.easy) else {
                    completion(.failure(.notConnected("libcurl cannot take the call")))
                    continue
                }
                transfers[transfer.easy] = transfer
            }
            if !cancelled.isEmpty { end(cancelled, raw, &transfers) }
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

    /// Ends those of the numbers that are under way. A number of a call that has ended names none.
    private func end(_ numbers: Set<UInt64>, _ raw: UnsafeMutableRawPointer, _ transfers: inout [UnsafeMutableRawPointer: Transfer]) {
        for (easy, transfer) in transfers where numbers.contains(transfer.number) {
            curl_multi_remove_handle(raw, easy)
            transfers[easy] = nil
            transfer.completion(.failure(.closed))
        }
    }

    /// Hands out what libcurl says has ended. The handle leaves it first, since a completion may send again.
    private func finishTransfers(_ raw: UnsafeMutableRawPointer, _ transfers: inout [UnsafeMutableRawPointer: Transfer]) {
        var left: Int32 = 0
        while let message = curl_multi_info_read(raw, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let code = message.pointee.data.result
            curl_multi_remove_handle(raw, easy)
            guard let transfer = transfers[easy] else { continue }
            if transfer.beginsAnew(), add(raw, easy) { continue }
            transfers[easy] = nil
            transfer.completion(transfer.outcome(code))
        }
    }
}
