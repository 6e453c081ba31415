@echo off
rem ASCII only: the menu itself is in menu.py, which writes Chinese whatever the code page is.
setlocal
set "PYTHONUTF8=1"
"%~dp0python\python.exe" "%~dp0menu.py"
