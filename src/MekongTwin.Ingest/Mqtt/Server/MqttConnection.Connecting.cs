using System.Diagnostics.CodeAnalysis;
using MekongTwin.Domain.Access;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>From CONNECT to CONNACK (3.1.4): who is it, may it, and with which session.</summary>
internal sealed partial class MqttConnection
{
    private ConnectPacket? _connect;
    private Principal _principal = Principal.Open;
    private int _accessVersion;
    private MqttSession? _session;
    private MqttConnection? _predecessor;
    private ISource? _source;
    private PublishIntake? _intake;
    private Acknowledger? _acknowledger;
    private SubscriptionTarget? _subscriptionTarget;
    private Task _acknowledging = Task.CompletedTask;
    private TimeSpan _sessionExpiry;
    private TimeSpan _silenceLimit;
    private volatile bool _isConnected;

    /// <summary>The client identifier, empty before CONNECT.</summary>
    public string ClientId { get; private set; } = "";

    private async Task EstablishAsync(ConnectPacket connect)
    {
        _version = connect.Level > (byte)ProtocolVersion.V311 ? ProtocolVersion.V5 : ProtocolVersion.V311;
        if (FirstObjection(connect) is { } objection)
        {
            await RefuseAsync(objection);
            return;
        }

        // Before the login: a change during it is seen by the first sweep after CONNACK.
        _accessVersion = _server.Access.Version;
        if (await LoginAsync(connect) is not { } principal)
        {
            return;
        }

        _principal = principal;
        string? assigned = connect.ClientId.Length == 0 ? $"mt-{Guid.NewGuid():N}" : null;
        ClientId = assigned ?? connect.ClientId;
        if (!await ClaimSessionAsync())
        {
            await RefuseAsync(ReasonCode.ServerUnavailable);
            return;
        }

        bool present = ResumeSession(connect);
        Open(connect);
        await AcceptAsync(connect, present, assigned);
    }

    private ReasonCode? FirstObjection(ConnectPacket connect) =>
        !connect.IsSupported ? ReasonCode.UnsupportedProtocolVersion
        : _server.IsOverfull ? OverfullReason(connect.Version)
        : connect.HasAuthenticationMethod ? ReasonCode.BadAuthenticationMethod
        : connect.ClientId.Length > _options.MaxClientIdLength ? ReasonCode.ClientIdentifierNotValid
        : connect is { ClientId: "", CleanStart: false, Version: ProtocolVersion.V311 } ? ReasonCode.ClientIdentifierNotValid
        : null;

    private static ReasonCode OverfullReason(ProtocolVersion version) =>
        version == ProtocolVersion.V5 ? ReasonCode.QuotaExceeded : ReasonCode.ServerUnavailable;

    /// <summary>Null: refused, and told so after a delay that makes guessing slow.</summary>
    private async Task<Principal?> LoginAsync(ConnectPacket connect)
    {
        if (_server.Access.IsOpen)
        {
            return Principal.Open;
        }

        if (connect.UserName is null && connect.Password is null)
        {
            await RefuseAsync(ReasonCode.NotAuthorized);
            return null;
        }

        Verification login = await _server.VerifyAsync(connect.UserName, connect.Password ?? [], _closing.Token);
        if (login.IsBusy)
        {
            await RefuseAsync(OverfullReason(_version));
        }
        else if (login.Principal is null)
        {
            await Task.Delay(_options.LoginFailureDelay, _time, _closing.Token);
            await RefuseAsync(ReasonCode.BadUserNameOrPassword);
        }

        return login.Principal;
    }

    /// <summary>
    /// Takes the user's client identifier. Its present connection is told to end and waited for: it depends on nothing of ours,
    /// and whoever takes the identifier from us waits for us in turn, so no two connections wait for each other.
    /// </summary>
    private async Task<bool> ClaimSessionAsync()
    {
        _session = _server.Sessions.Claim(new SessionKey(_principal.Name, ClientId), this, out _predecessor);
        if (_predecessor is not null)
        {
            _server.CountTakeover();
            _predecessor.Close(CloseReason.TakenOver);
            await Task.WhenAny(_predecessor.Completion, Task.Delay(_options.CloseGrace, _time, _closing.Token));
        }

        return !_closing.IsCancellationRequested && _server.Sessions.TryHold(_session, this);
    }

    private bool ResumeSession(ConnectPacket connect)
    {
        MqttSession session = _session!;
        if (connect.CleanStart)
        {
            session.Reset();
        }

        bool present = session.IsKept;
        session.IsKept = false;
        _sessionExpiry = connect.Version == ProtocolVersion.V5 ? LimitExpiry(connect.SessionExpiry ?? 0)
            : connect.CleanStart ? TimeSpan.Zero
            : _options.MaxSessionExpiry;
        return present;
    }

    private TimeSpan LimitExpiry(uint seconds)
    {
        TimeSpan asked = TimeSpan.FromSeconds(seconds);
        return asked < _options.MaxSessionExpiry ? asked : _options.MaxSessionExpiry;
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The source is disposed when the connection ends.")]
    private void Open(ConnectPacket connect)
    {
        _silenceLimit = TimeSpan.FromSeconds(1.5 * connect.KeepAlive);
        _splitter.MaximumPacketSize = _options.MaxPacketSize;
        _splitter.RequireMinimalLength = _version == ProtocolVersion.V5;
        _source = _server.Admissions.Open(SourceName.OfClient(_principal, connect.ClientId), _principal);
        _acknowledger = new Acknowledger(_output, _server.Admissions.Commits, _version, _options.ReceiveMaximum);
        TopicTable topics = new(_options.TopicAliasMaximum, _options.MaxTopicLength);
        PublishPolicy policy = new(_principal.MayPublish, WithReasons: _version == ProtocolVersion.V5);
        _intake = new PublishIntake(_source, topics, _session!.Unreleased, _acknowledger, policy, _server.Faults, _time);
        _subscriptionTarget = new SubscriptionTarget(
            _output, _version, connect.MaximumPacketSize ?? uint.MaxValue, ClientId, _server.Logger);
    }

    private async Task AcceptAsync(ConnectPacket connect, bool present, string? assigned)
    {
        ServerTerms? terms = _version == ProtocolVersion.V5
            ? new ServerTerms(
                _options.ReceiveMaximum, _options.MaxPacketSize, _options.TopicAliasMaximum, assigned,
                LimitedExpiry(connect.SessionExpiry))
            : null;
        ServerPackets.ConnAck(_replies, _version, ReasonCode.Success, present, terms);
        await SendRepliesAsync();
        Volatile.Write(ref _lastPacket, _time.GetTimestamp());
        _isConnected = true;
        _acknowledging = AcknowledgeAsync(_acknowledger!);
        ResumeSubscriptions();
    }

    /// <summary>What the user may no longer read does not come back with the session.</summary>
    private void ResumeSubscriptions()
    {
        foreach (SubscriptionRequest request in _session!.Subscriptions.Values.ToArray())
        {
            if (Judge(request) == ReasonCode.Success)
            {
                AddSubscription(request);
            }
            else
            {
                _session.Subscriptions.Remove(request.Filter);
            }
        }

        StartSubscriptions();
    }

    /// <summary>Told only when it differs from what was asked for (3.2.2.3.2).</summary>
    private uint? LimitedExpiry(uint? asked) =>
        asked > _options.MaxSessionExpiry.TotalSeconds ? (uint)_options.MaxSessionExpiry.TotalSeconds : null;

    private async Task AcknowledgeAsync(Acknowledger acknowledger)
    {
        try
        {
            await acknowledger.RunAsync(_closing.Token);
            Close(CloseReason.ConnectionLost);
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
        }
        catch (Exception fault)
        {
            MqttLog.Failed(_server.Logger, fault, ClientId);
            Close(CloseReason.Fault);
        }
    }

    private async Task RefuseAsync(ReasonCode reason)
    {
        ServerPackets.ConnAck(_replies, _version, reason, sessionPresent: false, terms: null);
        await SendRepliesAsync();
        Close(CloseReason.Refused, reason.ToString());
    }
}
