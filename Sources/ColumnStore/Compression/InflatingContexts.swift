internal import CZstd
import Synchronization

/// zstd's decoders, some of them kept for the next caller: each takes some 160 KiB, which a look-up of one row would have made and cleared anew
/// for every row group that it opens.
///
/// Any thread may take and give. Invariant: those that are kept are as when made, without a session or a parameter.
final class InflatingContexts: Sendable {
    static let shared = InflatingContexts(countMax: 24)

    // Proof of Sendable: each decoder in here has no other owner, and is reached under the lock only.
    private struct State: @unchecked Sendable { var spares: [OpaquePointer] = [] }
    private struct Held: @unchecked Sendable { let context: OpaquePointer }

    private let countMax: Int
    private let state = Mutex(State())

    init(countMax: Int) { self.countMax = countMax }

    deinit { state.withLock { for each in $0.spares { ZSTD_freeDCtx(each) } } }

    /// How many are kept at present.
    var count: Int { state.withLock { $0.spares.count } }

    /// A decoder as it is when made, for one owner, who gives it back by `give`.
    func take() -> OpaquePointer {
        if let spare = state.withLock({ $0.spares.popLast().map(Held.init) }) { return spare.context }
        guard let made = ZSTD_createDCtx() else { preconditionFailure("zstd: out of memory") }
        return made
    }

    /// - Precondition: `context` came from `take`, and nobody else has it.
    func give(_ context: OpaquePointer) {
        // In the middle of a frame, or after a fault: it begins anew.
        guard ZSTD_isError(ZSTD_DCtx_reset(context, ZSTD_reset_session_and_parameters)) == 0 else {
            ZSTD_freeDCtx(context)
            return
        }
        let held = Held(context: context)
        let isKept = state.withLock { state in
            guard state.spares.count < countMax else { return false }
            state.spares.append(held.context)
            return true
        }
        if !isKept { ZSTD_freeDCtx(context) }
    }
}
