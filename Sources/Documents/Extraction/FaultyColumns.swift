/// Which columns of a document its faults are about, by the places that both name.
///
/// For feedback that shows a refused receipt's values beside its faults: columns that a fault is about are left blank there.
enum FaultyColumns {
    static func names(_ type: DocumentType, _ violations: [Fault.Violation]) -> Set<String> {
        var faulty: Set<String> = []
        for column in type.file.columns {
            let paths = column.lookups.map(\.path.text) + column.members.flatMap { $0.lookups.map(\.path.text) }
            if violations.contains(where: { violation in paths.contains { isAbout($0, violation.pointer, type.format) } }) { faulty.insert(column.name) }
        }
        // What a rule finds wrong is wrong with every column that it speaks of.
        for rule in type.file.rules where violations.contains(where: { $0.code == rule.name }) {
            let words = Set(rule.check.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "_" }).map(String.init))
            for column in type.file.columns where words.contains(column.name) { faulty.insert(column.name) }
        }
        return faulty
    }

    /// Rather too often than too seldom: what is left out of feedback is in the file all the same.
    private static func isAbout(_ path: String, _ pointer: String, _ format: TypeFile.Format) -> Bool {
        switch format {
        case .csv: return pointer.hasSuffix("/" + JSONTape.escaped(path))
        case .json: return (pointer + "/").contains(path + "/")
        case .xml:
            let last = path.split(whereSeparator: { "/:@[".contains($0) }).last { !$0.hasSuffix("]") }
            return last.map { pointer.contains($0) } ?? true
        }
    }
}
