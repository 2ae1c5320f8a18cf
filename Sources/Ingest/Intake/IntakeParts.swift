import Documents

/// What a document on its way in needs of the store, and nothing else.
struct IntakeParts: Sendable {
    let clock: Clock
    let documentByteCountMax: Int
    /// Whether a receipt's client must have a contract.
    let clientsNeedContract: Bool
    /// For contracts.
    let catalog: Catalog
    let types: TypeStore
    let quarantine: Quarantine
    let tier: HotTier
    let repeats: RepeatCheck
    let changed: ChangedColumns
    let reader: DocumentReader
    let formats = RowFormats()
}

extension IntakeParts {
    /// Answers with a refusal; one that is kept is answered once it is durable.
    func refuse(_ error: any Error, _ completion: @escaping @Sendable (IntakeOutcome) -> Void) {
        guard let kept = error as? Intake.KeptRefusal else { return completion(.refused(Intake.problem(error))) }
        quarantine.submit([kept.refused]) { result in
            switch result {
            case .success(let tickets):
                var problem = kept.refused.problem
                problem.note(ticketID: tickets[0])
                completion(.refused(problem))
            case .failure(let error): completion(.refused(Intake.problem(error)))
            }
        }
    }
}
