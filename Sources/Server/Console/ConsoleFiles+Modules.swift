/// Which modules import which, so that a browser can ask for all of them at once instead of one after the other.
extension ConsoleFiles {
    /// Modules that `path` imports when it is loaded, and theirs.
    func modules(from path: String) -> [String] {
        var found = [path]
        var place = 0
        while place < found.count {
            let module = found[place]
            place += 1
            for other in imports(of: module) where !found.contains(other) { found.append(other) }
        }
        return found
    }

    /// What stands in `import … from './x.js'`; imports that are calls are made later, when they are wanted.
    private func imports(of path: String) -> [String] {
        guard let file = file(path) else { return [] }
        let folder = path.split(separator: "/").dropLast()
        return String(decoding: file.bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
            guard line.hasPrefix("import "), let target = line.split(separator: "'").dropFirst().first, target.hasPrefix(".") else { return nil }
            return Self.resolve(target, in: folder)
        }
    }

    private static func resolve(_ target: Substring, in folder: ArraySlice<Substring>) -> String {
        var parts = Array(folder)
        for part in target.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }
}
