import ColumnStore
import Synchronization

extension RunFigures {
    /// What EXPLAIN ANALYZE says of a node; nil where nothing of its own was run.
    func remarks(on id: PlanNodeID) -> Explain.Remarks? {
        guard isRun(id) else { return nil }
        let figures = self[id]
        let own = ownNanoseconds(id)
        let rowCount = figures.rows.load(ordering: .relaxed)
        var text = "\(rowCount) rows, \(Explain.milliseconds(own))"
        let scanned = figures.scan?.now
        if let scanned { text += ", \(scanned.bytesRead) bytes read" }
        let spilled = figures.spilledBytes.load(ordering: .relaxed)
        if spilled > 0 { text += ", \(spilled) bytes spilled" }
        return Explain.Remarks(beside: text, below: scanned.map { Explain.lines($0, ownNanoseconds: own) } ?? [], rowCount: rowCount, nanoseconds: own)
    }
}
