import Foundation

/// The order of a module's folders, as the head of its `<Module>.swift` tells it:
///
///     // Floors, lowest first. A folder names only what stands before it in this list:
///     //   Values: what a column may hold
///     //   Parquet/{Format, Pruning}: two folders, in this order
struct Floors {
    var folders: [String] = []
    /// Of the list.
    var lineCount = 0

    /// - Parameter text: the module's own file.
    init(head text: String) {
        var isInside = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("// Floors, lowest first") {
                isInside = true
            } else if isInside {
                guard line.hasPrefix("//   "), let colon = line.firstIndex(of: ":") else { break }
                folders += Self.expand(line[..<colon].dropFirst(5))
                lineCount += 1
            }
        }
    }

    /// "A, B/{C, D}" is A, B/C and B/D.
    private static func expand(_ words: Substring) -> [String] {
        var folders: [String] = []
        var prefix = ""
        for word in words.split(separator: ",") {
            var word = word.trimmingCharacters(in: .whitespaces)
            if let brace = word.firstIndex(of: "{") {
                prefix = String(word[..<brace])
                word = String(word[word.index(after: brace)...])
            }
            let isLast = word.hasSuffix("}")
            folders.append(prefix + (isLast ? String(word.dropLast()) : word))
            if isLast { prefix = "" }
        }
        return folders
    }

    /// nil for a folder that the list does not have. The module's root stands above all.
    func floor(of folder: String) -> Int? {
        folder.isEmpty ? folders.count : folders.firstIndex(of: folder)
    }

    /// A newcomer reads so many and has the way of a receipt or a question: folders that belong together share a line.
    private static let lineCountMax = 10

    /// What a module does against its floors: what is wrong, and where.
    func faults(of module: String, files: [SourceFile], references: Set<SourceReferences.Reference>) -> [String: [String]] {
        var faults: [String: [String]] = [:]
        if lineCount > Self.lineCountMax { faults["list", default: []].append("\(module).swift tells its floors in \(lineCount) lines, not in \(Self.lineCountMax)") }
        let own = files.filter { $0.module == module }
        let sizes = Dictionary(grouping: own, by: \.folder).mapValues(\.count)
        for (folder, count) in sizes where !folder.isEmpty {
            if floor(of: folder) == nil { faults["floor \(folder)", default: []].append("\(module).swift has no line for it") }
            if !(5...20).contains(count) { faults["size \(folder)", default: []].append("\(count) files, not 5 to 20") }
        }
        for folder in folders where sizes[folder] == nil { faults["floor \(folder)", default: []].append("\(module).swift names a folder without sources") }
        for file in own where file.folder.isEmpty && file.name != "\(module).swift" {
            faults["root \(file.name)", default: []].append("stands in no folder")
        }
        for reference in references {
            guard let from = floor(of: reference.from), let to = floor(of: reference.to), to > from else { continue }
            let upper = reference.to.isEmpty ? "." : reference.to
            faults["arrow \(reference.from) -> \(upper): \(reference.name)", default: []].append("named in \(reference.from)/\(reference.file), a floor below")
        }
        return faults
    }
}
