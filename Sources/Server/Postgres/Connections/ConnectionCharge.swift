internal import ColumnStore
internal import Ingest

/// What one connection holds of the memory that requests share: its message on the way in, its answers, what its session keeps, and plans of what it has prepared.
final class ConnectionCharge {
    private struct Held {
        var request = 0, answer = 0, session = 0, plans = 0
        var sum: Int { request.addingSaturating(answer).addingSaturating(session).addingSaturating(plans) }
    }

    /// A connection that held more leaves much behind in the C library's heaps.
    private static let largeByteCountMin = 1 << 20

    var charge = MemoryLedger.Charge()
    private var held = Held()
    /// The most that it held at a time.
    private var peakByteCount = 0
    private let giveBack: () -> Void

    /// - Parameter giveBack: called at the end of a connection that held much.
    init(giveBack: @escaping () -> Void) { self.giveBack = giveBack }

    deinit { if peakByteCount > Self.largeByteCountMin { giveBack() } }

    /// - Throws: 53200 where there is no room.
    func hold(request byteCount: Int) throws(PostgresFault) { try set(\.request, Self.charged(byteCount)) }
    func hold(answer byteCount: Int) throws(PostgresFault) { try set(\.answer, byteCount) }
    func hold(session byteCount: Int) throws(PostgresFault) { try set(\.session, Self.charged(byteCount)) }

    /// - Returns: false where there is no room, or requests may need it: what is not kept is made again.
    func hold(plans byteCount: Int) -> Bool {
        var wanted = held
        wanted.plans = byteCount
        guard charge.setSpare(wanted.sum) else { return false }
        note(wanted)
        return true
    }

    /// As much as any connection may have is free.
    private static func charged(_ byteCount: Int) -> Int { byteCount > MemoryLedger.freeByteCount ? byteCount : 0 }

    private func set(_ part: WritableKeyPath<Held, Int>, _ byteCount: Int) throws(PostgresFault) {
        guard held[keyPath: part] != byteCount else { return }
        var wanted = held
        wanted[keyPath: part] = byteCount
        do throws(Problem) {
            try charge.set(wanted.sum)
        } catch {
            throw PostgresFault(.outOfMemory, error.detail)
        }
        note(wanted)
    }

    private func note(_ new: Held) {
        held = new
        peakByteCount = max(peakByteCount, new.sum)
    }
}
