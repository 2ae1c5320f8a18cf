/// What is wrong with the places outside DATA that the settings name, taken together: each may be right by itself.
enum PlacesCheck {
    static func faults(_ settings: Settings) -> [SettingError] {
        var faults: [SettingError] = []
        if settings.logAcknowledgement == .afterLog, settings.logURL == nil, !settings.pair.isSet {
            faults.append(SettingError(key: "log.ack", message: "is sync, and there is no log that answers could wait for: set log.url"))
        }
        guard let warehouse = settings.storage.url else { return faults }
        let others = [("log.url", settings.logURL), ("exports.url", settings.exportsURL), ("cluster.config", settings.pair.objectURL)]
        for case (let key, let place?) in others {
            if folder(place).hasPrefix(folder(warehouse)) {
                faults.append(SettingError(key: key, message: "lies below storage.url, where nothing but the store's tables may be: name another prefix"))
            } else if key == "log.url", folder(warehouse).hasPrefix(folder(place)) {
                faults.append(SettingError(key: "storage.url", message: "lies below log.url, where nothing but the log may be: name another prefix"))
            }
        }
        return faults
    }

    /// What lies below a URL begins with it. `s3://bucket/prefix/` is the same place as without the last sign.
    static func folder(_ url: String) -> String { url.hasSuffix("/") ? url : url + "/" }
}
