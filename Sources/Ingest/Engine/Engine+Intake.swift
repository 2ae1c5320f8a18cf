import ColumnStore
import Documents
import Synchronization

/// Documents in: read, decide whose they are, see whether they are known, hand them to the writer, answer.
extension Engine: DocumentIntake {
    /// - Parameter completion: called once, on whichever thread has the answer, after what was stored is durable.
    package func accept(_ request: IntakeRequest, completion: @escaping @Sendable (IntakeOutcome) -> Void) {
        do {
            guard request.principal.access == .readWrite else {
                throw Fault(.readOnly, "this key may read only; a contract with access read-write may post receipts")
            }
            let intake = Intake(parts: intakeParts, request: request)
            // A small body is read on the caller's thread, as far as that is soon done.
            if request.body.count <= Intake.inlineByteCountMax {
                let allowance = WorkAllowance(steps: Intake.inlineStepCount)
                // Where the steps run out, what was read is thrown away, and a thread of the pool begins anew with more: so no caller's thread is held up for
                // long.
                let read = intake.read(allowance)
                if !allowance.isShort { return try intake.finish(read, completion) }
            }
            try acceptApart(intake, completion)
        } catch {
            intakeParts.refuse(error, completion)
        }
    }

    /// Receipts of one body that each count on their own, at most.
    package static var acceptedCountMax: Int { Intake.lineCountMax }

    /// Queues are by contract, so that one who sends expensive documents waits behind itself.
    private func acceptApart(_ intake: Intake, _ completion: @escaping @Sendable (IntakeOutcome) -> Void) throws {
        var apart = intake
        apart.request.isAlone = false
        let intake = apart
        let job = IntakePool.Job(
            run: {
                do {
                    let isOfMany = intake.request.form == .ndjson || intake.request.form == .csv
                    let allowance = WorkAllowance(byteCount: intake.request.body.count, isOfManyDocuments: isOfMany)
                    if intake.request.form == .ndjson { return intake.acceptLines(allowance, completion) }
                    try intake.finish(intake.read(allowance), completion)
                } catch {
                    intake.parts.refuse(error, completion)
                }
            },
            refuse: { completion(.refused(Fault(.overloaded, "the store closes: send it again"))) })
        // A contract's queue that is full refuses, instead of holding the caller up.
        guard intakePool.submit(for: intake.request.principal.identity, job) else {
            throw Fault(.overloaded, "too many documents that take long wait to be checked: send it again later")
        }
    }
}
