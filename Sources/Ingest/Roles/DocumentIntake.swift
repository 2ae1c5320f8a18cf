/// Takes documents in.
package protocol DocumentIntake: AnyObject, Sendable {
    /// Recognises and validates a body and hands its receipts to the writer: a small body on the calling thread, others on threads for that. `completion` is called
    /// once, on any thread, after the commit of the rows is durable (or at once for a refusal). It must return quickly.
    func accept(_ request: IntakeRequest, completion: @escaping @Sendable (IntakeOutcome) -> Void)
}
