extension StorageKind {
    /// S3, and what speaks as it does.
    package static let bucket = StorageKind(
        scheme: "s3://", form: "s3://bucket/prefix", isRemote: true, settings: BucketSettings.all,
        open: { (address) throws(ColumnStoreError) in
            let settings = BucketSettings(address)
            let endpoint = try BucketEndpoint(url: address.url, endpoint: settings.endpoint, region: settings.region, isPathStyle: settings.isPathStyle)
            let transport = OutgoingClient(policy: nil)
            // Places are opened as long as a server runs, each with connections of its own.
            let client = BucketClient(endpoint, region: settings.region, credentials: settings.chain(transport), transport: transport, options: address.options, ownsTransport: true)
            return BucketStorageFactory(client, cache: address.cache)
        },
        lendsKeys: true,
        reading: { (address, role) throws(ColumnStoreError) in
            let settings = BucketSettings(address)
            return WarehouseReading(properties: settings.properties, lender: try settings.lender(of: role, for: address.url))
        })
}

/// What the settings and the environment say of buckets.
private struct BucketSettings {
    static let all = [
        StorageSetting("endpoint", .url), StorageSetting("region", .text), StorageSetting("path_style", .flag),
        StorageSetting("credentials", .members(["access_key_id", "secret_access_key"], ["session_token"])),
    ]

    /// Of the objects.
    let region: String
    /// Where keys are asked for, which all places of a store have in common.
    private let keysRegion: String
    /// nil: AWS.
    let endpoint: String?
    let isPathStyle: Bool
    private let credentials: AWSCredentials?
    private let environment: [String: String]

    init(_ address: StorageAddress) {
        let settings = address.settings
        environment = address.environment
        keysRegion = settings["region"] ?? environment[present: "AWS_REGION"] ?? environment[present: "AWS_DEFAULT_REGION"] ?? "us-east-1"
        region = settings[StorageSettings.regionOfPlace] ?? keysRegion
        endpoint = settings["endpoint"] ?? environment[present: "AWS_ENDPOINT_URL_S3"]
        isPathStyle = settings.flag("path_style")
        credentials = settings["credentials.access_key_id"].map {
            AWSCredentials(accessKeyID: $0, secretAccessKey: settings["credentials.secret_access_key"] ?? "", sessionToken: settings["credentials.session_token"])
        }
    }

    /// This program's own keys.
    func chain(_ transport: OutgoingClient) -> CredentialChain { CredentialChain(settings: credentials, environment: environment, region: keysRegion, client: transport) }

    /// Where the objects are, in the words of Iceberg's clients; no keys.
    var properties: [WarehouseProperty] {
        var found = [WarehouseProperty("s3.region", region), WarehouseProperty("client.region", region)]
        if let endpoint { found.append(WarehouseProperty("s3.endpoint", endpoint)) }
        if isPathStyle { found.append(WarehouseProperty("s3.path-style-access", "true")) }
        return found
    }

    /// Who lends readers keys of a role; nil where they have their own.
    func lender(of role: String?, for url: String) throws(ColumnStoreError) -> KeyLender? {
        guard let role = role.flatMap({ RoleName($0) }) else { return nil }
        let transport = OutgoingClient(policy: nil)
        do throws(ColumnStoreError) {
            return try KeyLender(of: role, region: region, environment: environment, credentials: chain(transport), client: transport, ownsClient: true)
        } catch {
            transport.close()
            throw ColumnStoreError(.invalidRequest, path: url, "AWS_ENDPOINT_URL_STS, where its keys are asked for: \(error.detail)")
        }
    }
}
