import Server
import XCTest

/// Goal: a reader gets the language that they want most, in the form that there is. Method: headers as browsers write them, and what must come of each.
final class WantedLanguageTests: XCTestCase {
    func test_choose_takesTheWholeTag_thenItsShorterForms() {
        let tags = ["en", "pt", "pt-BR", "uk", "zh-Hant"]
        let expected: [(accepted: String, tag: String?)] = [
            ("pt-BR,pt;q=0.9", "pt-BR"), ("PT-br", "pt-BR"), ("pt-PT", "pt"), ("zh-Hant-TW, en;q=0.5", "zh-Hant"), ("zh-Hans, en;q=0.5", "en"),
            ("uk-UA,uk;q=0.9,en;q=0.8", "uk"), ("de-DE, uk;q=0.7", "uk"), ("de", nil), ("*", nil), (";;,,-", nil), ("", nil),
        ]
        for (accepted, tag) in expected { XCTAssertEqual(WantedLanguage.choose(accepted, among: tags), tag, accepted) }
    }

    /// All shorter forms of a tag of a whole head would be some hundred megabytes, for anybody who asks for the console.
    func test_choose_passesOverWhatIsTooLongForATag() {
        let long = "en" + String(repeating: "-a", count: 15_000)
        XCTAssertNil(WantedLanguage.choose(long, among: ["en", "uk"]))
        XCTAssertEqual(WantedLanguage.choose("\(long), uk", among: ["en", "uk"]), "uk")
        XCTAssertEqual(WantedLanguage.choose("zh-cmn-Hans-CN-x-private-use", among: ["en", "zh"]), "zh")
    }
}
