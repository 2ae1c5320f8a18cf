/// The one document of the console: it names the modules of this version, which then show the page that the address names.
struct ConsoleDocument: Sendable {
    let bytes: [UInt8]

    /// - Precondition: `files` have index.html and app.js.
    init(_ files: ConsoleFiles) {
        let template = files.file("index.html").map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
        let modules = files.modules(from: "app.js").map { "<link rel=\"modulepreload\" href=\"\(files.root)/\($0)\">" }
        let text = template.replacing("{preloads}", with: modules.joined(separator: "\n    ")).replacing("{assets}", with: files.root)
            .replacing("{languages}", with: files.languages.joined(separator: " "))
        bytes = Array(text.utf8)
    }
}
