internal import ColumnStore

/// What a connection has to say and has not sent yet, and the memory that its answers hold. Used by one thread at a time: the connection's, or that of the
/// job it waits for.
final class AnswerOutput {
    /// Past this it is sent, whoever waits for it.
    static let fullByteCount = 64 << 10
    /// Room that stays with a connection at rest.
    private static let keptByteCount = 16 << 10

    private var writer = BackendWriter()
    private let send: ([UInt8]) throws -> Void
    private let charge: (Int) throws -> Void
    /// What cursors hold, and what is being written beyond a piece, in bytes.
    private var cursorByteCount = 0
    private var pieceByteCount = 0

    /// - Parameters:
    ///   - send: waits for the client as long as it may take.
    ///   - charge: asked for the memory of so many bytes in all, before they are taken.
    init(send: @escaping ([UInt8]) throws -> Void, charge: @escaping (Int) throws -> Void) { (self.send, self.charge) = (send, charge) }

    var byteCount: Int { writer.bytes.count }

    /// - Throws: 54000 for a message that is too long to be one, of which nothing is sent; what `send` throws.
    func write(_ message: BackendMessage) throws {
        try withWriter { $0.write(message) }
        if writer.bytes.count >= Self.fullByteCount { try flush() }
    }

    /// Lays bytes down, messages or not.
    ///
    /// - Throws: 54000 where a message was too long to be one.
    func withWriter(_ body: (inout BackendWriter) -> Void) throws {
        body(&writer)
        if let fault = writer.takeFault() { throw fault }
    }

    func flush() throws {
        guard !writer.bytes.isEmpty else { return }
        try writer.drain(keeping: 4 * Self.fullByteCount, send)
    }

    /// Gives back the room that a long answer took.
    func rest() { if writer.bytes.isEmpty, writer.bytes.capacity > Self.keptByteCount { writer = BackendWriter() } }

    func hold(piece byteCount: Int) throws {
        guard byteCount != pieceByteCount else { return }
        try charge(cursorByteCount.addingSaturating(byteCount))
        pieceByteCount = byteCount
    }

    func hold(moreOfCursors byteCount: Int) throws {
        try charge(cursorByteCount.addingSaturating(pieceByteCount).addingSaturating(byteCount))
        cursorByteCount += byteCount
    }

    func release(ofCursors byteCount: Int) {
        guard byteCount > 0 else { return }
        cursorByteCount -= byteCount
        // Less is never refused.
        do { try charge(cursorByteCount + pieceByteCount) } catch { assertionFailure("less memory was refused") }
    }
}
