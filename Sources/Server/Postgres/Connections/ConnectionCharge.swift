internal import ColumnStore
internal import Ingest

/// What one connection holds of the memory that requests share: its message on the way in, its answers, and what its session keeps.
final class ConnectionCharge {
    private struct Held {
        var request = 0, answer = 0, session = 0
        var sum: Int { request.addingSaturating(answer).addingSaturating(session) }
    }

    var charge = MemoryLedger.Charge()
    private var held = Held()

    /// - Throws: 53200 where there is no room.
    func hold(request byteCount: Int) throws(PostgresFault) { try set(\.request, Self.charged(byteCount)) }
    func hold(answer byteCount: Int) throws(PostgresFault) { try set(\.answer, byteCount) }
    func hold(session byteCount: Int) throws(PostgresFault) { try set(\.session, Self.charged(byteCount)) }

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
        held = wanted
    }
}
