/// What is looked at between a commit and its answer.
extension Intake {
    /// An answer that waits until what is stored of repeats was looked at, and tells what changed with new versions.
    ///
    /// Repeats first, then what changed, each on a thread of its own; the answer comes from the last of them.
    func checked(_ rows: [HotRow], _ completion: @escaping @Sendable (Submission.Answer) -> Void) -> @Sendable (Submission.Answer) -> Void {
        // A file's feedback says nothing of columns, and its documents are too many to be held against what is stored one by one.
        if request.uploadID != nil { return completion }
        return { [parts] answer in
            guard case .done(let outcomes) = answer else { return completion(answer) }
            var known: [RepeatCheck.Repeat] = []
            for (row, outcome) in zip(rows, outcomes) {
                guard case .repeated(let stored) = outcome, row.version?.isRemoval != true else { continue }
                // Of versions the index tells what came again, and hot files are not asked.
                let isVersion = row.version != nil || stored.summary.version != nil
                if !isVersion || parts.repeats.isAwaited { known.append(.init(row: row, stored: stored)) }
            }
            guard known.isEmpty else { return parts.repeats.submit(known) { parts.changed.find(rows, outcomes) { completion(.done($0)) } } }
            parts.changed.find(rows, outcomes) { completion(.done($0)) }
        }
    }
}
