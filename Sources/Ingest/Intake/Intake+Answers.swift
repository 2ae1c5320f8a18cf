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
                // Of versions the index tells what came again.
                if row.version == nil, case .repeated(let stored) = outcome { known.append(.init(row: row, stored: stored)) }
            }
            guard known.isEmpty else { return parts.repeats.submit(known) { parts.changed.find(rows, outcomes) { completion(.done($0)) } } }
            parts.changed.find(rows, outcomes) { completion(.done($0)) }
        }
    }
}
