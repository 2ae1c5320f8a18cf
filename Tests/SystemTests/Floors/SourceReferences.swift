/// Which files of a module name what other folders of it declare: types, free functions, and members whose name is theirs alone.
///
/// Read from words, not from a compiler: a name that stands for several things counts only where it is clear which is meant.
struct SourceReferences {
    /// A file names something of another folder.
    struct Reference: Hashable {
        var file: String
        var from: String
        var to: String
        var name: String
    }

    private struct Target {
        var folder: String
        /// Written `.name`, or `name(` inside its own type.
        var isMember: Bool
        var isFunction: Bool
        /// Types that have a nested type of this name: inside them it is another.
        var hiddenInside: Set<String>
    }

    private let files: [SourceFile]
    /// How many declarations of all modules have the name: what is unique needs no types to be understood.
    private let counts: [String: Int]

    init(_ files: [SourceFile]) {
        self.files = files
        var counts: [String: Int] = [:]
        for file in files {
            // Overloads beside each other are one name.
            for name in Set(file.declarations.map(\.name)) { counts[name, default: 0] += 1 }
            for name in file.hiding { counts[name, default: 0] += 1 }
        }
        self.counts = counts
    }

    /// - Complexity: O(tokens of the module).
    func references(in module: String) -> Set<Reference> {
        let files = files.filter { $0.module == module }
        let targets = targets(of: files)
        var found: Set<Reference> = []
        for file in files {
            let own = Set(file.declarations.map(\.name)).union(file.hiding)
            for place in file.tokens.indices where file.tokens[place].isWord {
                let name = file.tokens[place].text
                guard let target = targets[name], target.folder != file.folder, !own.contains(name), names(target, at: place, in: file) else { continue }
                found.insert(Reference(file: file.name, from: file.folder, to: target.folder, name: name))
            }
        }
        return found
    }

    /// Too common in Swift's own library for their spelling to say anything.
    private static let everybodys: Set = ["Element", "Index", "Iterator", "RawValue", "Key", "Body", "Failure", "Kind", "State", "reverse"]

    private func targets(of files: [SourceFile]) -> [String: Target] {
        var targets: [String: Target] = [:]
        var ambiguous: Set<String> = []
        var nestedIn: [String: Set<String>] = [:]
        let homes = Dictionary(grouping: files.flatMap { file in file.declarations.filter { $0.kind == .type && $0.scope == .file }.map { ($0.name, file.folder) } }, by: \.0)
        for file in files {
            for declaration in file.declarations where !declaration.isPrivate && !Self.everybodys.contains(declaration.name) {
                let isUnique = counts[declaration.name] == 1
                let isMember: Bool
                switch declaration.scope {
                case .file:
                    // A variable of the file's scope is spelled like any local one.
                    if declaration.kind != .type, !isUnique || declaration.name.count < 6 { continue }
                    isMember = false
                case .type(let outer):
                    if declaration.kind == .type { nestedIn[declaration.name, default: []].insert(outer) }
                    if declaration.kind != .type || !isUnique { continue }
                    isMember = false
                case .extension(let outer):
                    if declaration.kind == .type { nestedIn[declaration.name, default: []].insert(outer) }
                    let isAtHome = homes[outer]?.contains { $0.1 == file.folder } == true
                    if isAtHome || !isUnique || declaration.name.count < 6 { continue }
                    isMember = declaration.kind != .type
                }
                let target = Target(folder: file.folder, isMember: isMember, isFunction: declaration.kind == .function, hiddenInside: [])
                if let other = targets[declaration.name], other.folder != target.folder { ambiguous.insert(declaration.name) }
                targets[declaration.name] = target
            }
        }
        for name in ambiguous { targets[name] = nil }
        for (name, outer) in nestedIn where (counts[name] ?? 0) > 1 { targets[name]?.hiddenInside = outer }
        return targets
    }

    private func names(_ target: Target, at place: Int, in file: SourceFile) -> Bool {
        let isAfterPoint = place > 0 && file.tokens[place - 1].text == "."
        let isCalled = place + 1 < file.tokens.count && file.tokens[place + 1].text == "("
        if target.isMember { return isAfterPoint || (isCalled && target.isFunction) }
        if target.isFunction { return isCalled && !isAfterPoint }
        if isAfterPoint, place > 1 {
            let outer = file.tokens[place - 2].text
            // `Outer.Name` is another type's where several have the name, unless the outer word is the module; `Unicode.Scalar` is nobody's here.
            if !target.hiddenInside.isEmpty { return outer == file.module }
            if outer.first?.isUppercase == true, outer != file.module, counts[outer] == nil { return false }
        }
        return target.hiddenInside.isDisjoint(with: file.inside)
    }
}
