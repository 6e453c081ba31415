@echo off
rem The command line: gapmatch.cmd run 2022Q4 --tax ... Everything behind the name is passed on as it is.
setlocal
set "PYTHONUTF8=1"
"%~dp0python\python.exe" -m gapmatch %*
exit /b %ERRORLEVEL%
