/// The style sheet with what it imports: a browser shows nothing before it has all of it, and would ask for the parts only after the whole.
extension ConsoleFiles {
    /// What stands in `@import url('x.css') layer(x);` becomes `@layer x { … }`.
    ///
    /// - Parameter files: that lie beside it, by name.
    /// - Returns: nil where a line imports what is not there.
    static func joined(_ sheet: [UInt8], _ files: [String: [UInt8]]) -> [UInt8]? {
        var text = ""
        for line in String(decoding: sheet, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("@import ") else {
                text += line + "\n"
                continue
            }
            let parts = line.split(separator: "'")
            let layer = line.split(separator: "layer(").last?.prefix { $0 != ")" }
            guard parts.count == 3, let layer, let part = files[String(parts[1])] else { return nil }
            text += "@layer \(layer) {\n\(String(decoding: part, as: UTF8.self))}\n"
        }
        return Array(text.utf8)
    }
}
