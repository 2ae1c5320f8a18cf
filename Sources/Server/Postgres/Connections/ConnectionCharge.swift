internal import Ingest

/// What one connection holds of the memory that requests share: its message on the way in, and its answers.
final class ConnectionCharge {
    var charge = MemoryLedger.Charge()
    private var requestByteCount = 0
    private var answerByteCount = 0

    /// - Throws: 53200 where there is no room.
    func hold(request byteCount: Int) throws(PostgresFault) {
        // As much as any connection may have.
        let wanted = byteCount > MemoryLedger.freeByteCount ? byteCount : 0
        guard wanted != requestByteCount else { return }
        try set(request: wanted, answer: answerByteCount)
    }

    func hold(answer byteCount: Int) throws(PostgresFault) { try set(request: requestByteCount, answer: byteCount) }

    private func set(request: Int, answer: Int) throws(PostgresFault) {
        do throws(Problem) {
            try charge.set(request + answer)
        } catch {
            throw PostgresFault(.outOfMemory, error.detail)
        }
        (requestByteCount, answerByteCount) = (request, answer)
    }
}
