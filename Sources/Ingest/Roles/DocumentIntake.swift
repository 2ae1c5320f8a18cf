/// Documents in.
package protocol DocumentIntake: AnyObject, Sendable {
    /// Recognises, validates and enqueues: a small body on the calling thread, what takes longer on threads for that; `completion` is called
    /// once, on any thread, after the group that holds the rows is durable (or at once for a refusal). It must return quickly.
    func accept(_ request: IntakeRequest, completion: @escaping @Sendable (IntakeOutcome) -> Void)
}
