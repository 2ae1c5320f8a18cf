/// Until when the rest of a message must have come, however its bytes come: one now and then does not keep a message waiting forever.
struct MessageClock {
    /// The message that is waited for, and since when, on the steady clock.
    private var number = -1
    private var began = 0.0

    /// - Parameters:
    ///   - number: of the message in its connection: each has its own time, also behind one that was wrong.
    ///   - byteCount: what of it has come.
    ///   - now: on the steady clock, in seconds, as what is returned.
    mutating func deadline(of number: Int, byteCount: Int, at now: Double, _ deadlines: PostgresConnection.Deadlines) -> Double {
        if number != self.number { (self.number, began) = (number, now) }
        return began + deadlines.message + Double(byteCount) / deadlines.byteRate
    }
}
