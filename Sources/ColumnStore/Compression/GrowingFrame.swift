internal import CZstd

/// The content of one zstd frame, inflated from its beginning as far as it has been asked for: who wants one value of a long page need not wait for
/// those behind it.
///
/// What has been inflated is itself the window of what follows, so that a step copies nothing. One owner on one thread.
///
/// Invariants:
/// 1. `readyByteCount` bytes of the content are as the frame has them, and never change again.
/// 2. `takenByteCount` bytes of the source are with the decoder.
/// 3. After a fault what is ready stays readable, and every call for more throws that fault.
final class GrowingFrame {
    /// Room for all of the content; inflated are the first `readyByteCount` bytes.
    let content: UnsafeRawBufferPointer
    private(set) var readyByteCount = 0
    /// Spent on inflating so far.
    private(set) var nanoseconds = 0

    private let target: UnsafeMutableRawBufferPointer
    private let source: UnsafeRawBufferPointer
    /// What keeps the source alive.
    private let owner: (any AnyObject)?
    private var takenByteCount = 0
    /// What the decoder wants next: the rest of a block and the header of the one after it.
    private var wantedByteCount = 0
    private let context: OpaquePointer
    /// Whatever follows a fault is one, too.
    private var fault: PageError?

    /// - Parameters:
    ///   - source: the frame; `owner` keeps it alive.
    ///   - target: as long as the content is known to be, alive as long as this is.
    /// - Returns: nil where the source is not one frame that says its content's length, or this build of zstd cannot do it: then it must be inflated whole.
    init?(_ source: UnsafeRawBufferPointer, owner: (any AnyObject)?, into target: UnsafeMutableRawBufferPointer) {
        guard PageDecompressor.declaredByteCount(.zstd, source) == target.count else { return nil }
        let context = InflatingContexts.shared.take()
        // ZSTD_d_stableOutBuffer: the target stays where it is. The name is in the part of zstd's interface that may change: then it says so.
        guard ZSTD_isError(ZSTD_DCtx_setParameter(context, ZSTD_d_experimentalParam2, 1)) == 0 else {
            InflatingContexts.shared.give(context)
            return nil
        }
        self.context = context
        (self.source, self.owner, self.target) = (source, owner, target)
        content = UnsafeRawBufferPointer(target)
        wantedByteCount = Self.headerByteCount
    }

    /// More than a frame's header and its first block's have.
    private static let headerByteCount = 18 + 3

    deinit { InflatingContexts.shared.give(context) }

    /// Has at least the first `end` bytes of the content inflated.
    ///
    /// - Throws: `.codec` when the library refuses the bytes, `.lengthMismatch` when the frame ends before, or the content is shorter.
    func require(_ end: Int) throws(PageError) {
        if end <= readyByteCount { return }
        if let fault { throw fault }
        guard end <= content.count else { throw .lengthMismatch(expected: end, actual: content.count) }
        let start = SteadyClock.nanoseconds()
        defer { nanoseconds += Int(SteadyClock.nanoseconds() &- start) }
        do {
            while readyByteCount < end { try step() }
        } catch {
            fault = error
            throw error
        }
    }

    func requireAll() throws(PageError) { try require(content.count) }

    /// Inflates the next block.
    private func step() throws(PageError) {
        let given = min(source.count, takenByteCount + max(1, wantedByteCount))
        var input = ZSTD_inBuffer(src: source.baseAddress, size: given, pos: takenByteCount)
        var output = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: readyByteCount)
        let result = ZSTD_decompressStream(context, &output, &input)
        guard ZSTD_isError(result) == 0 else { throw .codec(code: result) }
        let isMoving = input.pos > takenByteCount || output.pos > readyByteCount
        (takenByteCount, readyByteCount) = (input.pos, output.pos)
        wantedByteCount = result
        // The end of the frame, or of its bytes: what is not there now never will be.
        if result == 0 || !isMoving, readyByteCount < target.count {
            throw .lengthMismatch(expected: target.count, actual: readyByteCount)
        }
    }
}
