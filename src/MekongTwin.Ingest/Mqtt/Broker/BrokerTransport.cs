using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>An open way to a broker, and what to dispose at its end.</summary>
public sealed class BrokerTransport(PipeReader input, PipeWriter output, IDisposable? owned = null) : IDuplexPipe, IDisposable
{
    private const int ReadBufferBytes = 64 * 1024;

    public PipeReader Input => input;

    public PipeWriter Output => output;

    /// <summary>Opens TCP, and TLS on it when the address says so.</summary>
    public static async Task<BrokerTransport> ConnectAsync(BrokerOptions options, CancellationToken ct)
    {
        TcpClient client = new() { NoDelay = true };
        try
        {
            await client.ConnectAsync(options.Host, options.Port, ct);
            Stream stream = client.GetStream();
            if (options.UseTls)
            {
                stream = await SecureAsync(stream, options, ct);
            }

            return new BrokerTransport(
                PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: ReadBufferBytes, leaveOpen: true)),
                PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true)),
                client);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public void Dispose() => owned?.Dispose();

    private static async Task<Stream> SecureAsync(Stream stream, BrokerOptions options, CancellationToken ct)
    {
        SslStream secure = new(stream);
        SslClientAuthenticationOptions authentication = new() { TargetHost = options.Host };
        if (options.CertificateAuthorityFile is { } file)
        {
            authentication.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            authentication.CertificateChainPolicy.CustomTrustStore.ImportFromPemFile(file);
        }

        try
        {
            await secure.AuthenticateAsClientAsync(authentication, ct);
            return secure;
        }
        catch
        {
            await secure.DisposeAsync();
            throw;
        }
    }
}
