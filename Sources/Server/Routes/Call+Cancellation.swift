internal import Query

extension Call {
    /// For work that is done for this call alone: it ends with its time, and when nobody waits for the answer any more.
    ///
    /// - Parameter subject: what it is, for the message.
    func cancellation(seconds: Double, ending subject: String) -> Cancellation {
        let cancellation = Cancellation(timeLimitSeconds: seconds, ending: subject)
        exchange.whenGone { cancellation.cancel() }
        return cancellation
    }
}
