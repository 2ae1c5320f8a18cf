internal import Documents

/// The one document of the console: it names the modules of this version, which then show the page that the address names.
struct ConsoleDocument: Sendable {
    /// Spoken where the browser wants no language that there is.
    private static let usualLanguage = "en"

    /// Where the form to sign in will stand, shown as soon as the styles are there: the modules come later by some tenths of a second.
    private static let form = #"<main class="sign-in-page"><div class="card sign-in begin"><span class="brand"><span class="brand-mark"></span>Till</span></div></main>"#

    private let languages: [String]

    /// By language: the words of the one that the browser asks for come beside the modules, not after them.
    private let texts: [String: (withForm: [UInt8], plain: [UInt8])]

    /// - Precondition: `files` have index.html, app.js and the usual language.
    init(_ files: ConsoleFiles) {
        let template = files.file("index.html").map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
        let modules = files.modules(from: "app.js").map { "<link rel=\"modulepreload\" href=\"\(files.root)/\($0)\">" }
        let text = template.replacing("{preloads}", with: modules.joined(separator: "\n    ")).replacing("{assets}", with: files.root)
            .replacing("{languages}", with: files.languages.joined(separator: " "))
        languages = files.languages
        texts = Dictionary(
            uniqueKeysWithValues: files.languages.map { language in
                let whole = text.replacing("{language}", with: language)
                return (language, (Array(whole.replacing("{begin}", with: Self.form).utf8), Array(whole.replacing("{begin}", with: "").utf8)))
            })
    }

    /// - Parameters:
    ///   - wanted: `Accept-Language`, as browsers write it: the language that is wanted most comes first.
    ///   - signsIn: it bears no session, so that a form is what it will see.
    func bytes(for wanted: String?, signsIn: Bool) -> [UInt8] {
        let text = texts[WantedLanguage.choose(wanted ?? "", among: languages) ?? Self.usualLanguage]
        return (signsIn ? text?.withForm : text?.plain) ?? []
    }
}
