import ColumnStore
import Ingest
import Server
import XCTest

/// Goal: what a kind of storage reads of the settings reaches it by what it says of itself, and what is wrong there is named. Method: S3's own settings, in each form.
final class StorageSettingsTests: XCTestCase {
    private func collect(_ file: String, _ environment: [String: String] = [:]) -> (settings: Settings, faults: [SettingError]) {
        SettingsReader.collect(file: ("till.json", Array(file.utf8)), environment: environment, overrides: [])
    }

    private static let file =
        #"{"storage":{"endpoint":"http://127.0.0.1:9000","region":"eu-central-1","path_style":true,"credentials":{"access_key_id":"AK","secret_access_key":"SK","session_token":"ST"}}}"#

    func test_settings_ofEachForm_areRead() {
        let (settings, faults) = collect(Self.file)
        XCTAssertEqual(faults, [])
        let own = settings.storage.own
        XCTAssertEqual(own["endpoint"], "http://127.0.0.1:9000")
        XCTAssertEqual(own["region"], "eu-central-1")
        XCTAssertTrue(own.flag("path_style"))
        XCTAssertEqual(own["credentials.access_key_id"], "AK")
        XCTAssertEqual(own["credentials.secret_access_key"], "SK")
        XCTAssertEqual(own["credentials.session_token"], "ST")
    }

    func test_settings_ofTheEnvironment_takeTheirPlace() {
        let (settings, faults) = collect(
            Self.file,
            [
                "TILL_STORAGE_REGION": "eu-west-1", "TILL_STORAGE_ENDPOINT": "null", "TILL_STORAGE_PATH_STYLE": "false",
                "TILL_STORAGE_CREDENTIALS": #"{"access_key_id":"A2","secret_access_key":"S2"}"#,
            ])
        XCTAssertEqual(faults, [])
        let own = settings.storage.own
        XCTAssertEqual(own["region"], "eu-west-1")
        XCTAssertNil(own["endpoint"])
        XCTAssertFalse(own.flag("path_style"))
        XCTAssertEqual(own["credentials.access_key_id"], "A2")
        XCTAssertEqual(own["credentials.secret_access_key"], "S2")
        XCTAssertNil(own["credentials.session_token"], "of the keys that the file had")
        XCTAssertEqual(collect(Self.file, ["TILL_STORAGE": #"{"credentials":null,"region":null,"endpoint":null,"path_style":false}"#]).settings.storage.own, StorageSettings())
    }

    func test_settings_thatAreWrong_areNamed() {
        for (members, key, message) in [
            (#""endpoint":"x""#, "storage.endpoint", "an http or https URL with a host is wanted"),
            (#""region":5"#, "storage.region", "a string is wanted"),
            (#""path_style":"yes""#, "storage.path_style", "true or false is wanted"),
            (#""credentials":5"#, "storage.credentials", "an object of access_key_id, secret_access_key and session_token is wanted"),
            (#""credentials":{"access_key_id":"a"}"#, "storage.credentials", "access_key_id and secret_access_key are wanted both"),
            (#""credentials":{"access_key_id":"a","secret_access_key":""}"#, "storage.credentials.secret_access_key", "a string that is not empty is wanted"),
            (#""credentials":{"access_key":"a"}"#, "storage.credentials.access_key", "there is no such key; did you mean access_key_id?"),
            (#""account":"a""#, "storage.account", "there is no such key"),
        ] {
            let faults = collect("{\"storage\":{\(members)}}").faults
            XCTAssertEqual(faults.map(\.key), [key], members)
            XCTAssertTrue(faults.first?.message.contains(message) == true, "\(faults)")
        }
    }

    func test_settings_ofEveryKind_haveTheirVariables() {
        XCTAssertFalse(StorageScheme.settings.isEmpty)
        for setting in StorageScheme.settings where setting.form != .flag {
            XCTAssertEqual(collect("{}", ["TILL_STORAGE_\(setting.name.uppercased())": "null"]).faults, [], setting.name)
        }
    }
}
