/// Memory that somebody counts, for reading what is as long as any: asked for before it is taken.
///
///     let row = try ReadingRoom.asking(hold) { room in … }
///
/// Whoever reads says what it holds in all, and ends where there is no room for that; what the one who counts has thrown comes out of `asking`.
public final class ReadingRoom: @unchecked Sendable {
    // Proof of Sendable: it is given to the readers of one scan, which the thread that made it takes in turn, and no other.

    private var ask: ((_ byteCount: Int) throws -> Void)?
    private var askedByteCount = 0
    private var refusal: (any Error)?

    private init(_ ask: @escaping (_ byteCount: Int) throws -> Void) { self.ask = ask }

    /// Asked for at a time: readers grow by many small pieces.
    private static let stepByteCount = 64 << 10

    /// - Parameter ask: asked for what is held in all, more each time. What it throws ends the reading.
    /// - Throws: what `ask` has thrown, in place of what the readers made of it; else what `body` throws.
    public static func asking<Result>(_ ask: (_ byteCount: Int) throws -> Void, _ body: (ReadingRoom) throws -> Result) throws -> Result {
        try withoutActuallyEscaping(ask) { ask in
            let room = ReadingRoom(ask)
            // A plan that somebody still has keeps the room, not whom it asks.
            defer { room.ask = nil }
            do { return try body(room) } catch { throw room.refusal ?? error }
        }
    }

    /// Whether so many bytes may be held in all.
    public func admits(_ byteCount: Int) -> Bool {
        guard byteCount > askedByteCount, let ask else { return true }
        let wanted = byteCount.addingSaturating(Self.stepByteCount)
        do {
            try ask(wanted)
        } catch {
            refusal = error
            return false
        }
        askedByteCount = wanted
        return true
    }
}
